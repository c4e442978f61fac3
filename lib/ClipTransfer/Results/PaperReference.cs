using System.Text.Json;

namespace ClipTransfer.Results;

/// <summary>One number of the paper.</summary>
/// <param name="Table">The paper's table.</param>
/// <param name="Method">CLIP, CyCLIP, CLIP+Reg or L2; or a difference of two.</param>
/// <param name="Dataset">The paper's name of the set, or <c>mean</c>.</param>
/// <param name="Metric">What was measured.</param>
/// <param name="Value">The number, in <paramref name="Unit"/>.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Mark">How certain the number is: S, R, R+, D.</param>
public sealed record PaperValue(string Table, string Method, string Dataset, string Metric, double Value, string Unit, string Mark);

/// <summary>The paper's numbers with their marks of certainty, from <c>results/paper-reference.json</c>: no number is typed elsewhere.</summary>
public static class PaperReference
{
    /// <summary>Every number of the paper that is known, in the order of its tables.</summary>
    public static IReadOnlyList<PaperValue> Values { get; } = Load();

    /// <summary>The number of one cell.</summary>
    /// <exception cref="KeyNotFoundException">The paper's cell is not known.</exception>
    public static PaperValue Of(string table, string method, string dataset) =>
        Values.FirstOrDefault(v => v.Table == table && v.Method == method && v.Dataset == dataset)
        ?? throw new KeyNotFoundException($"no value is known of the paper's table {table}, {method}, {dataset}");

    private static List<PaperValue> Load()
    {
        using var stream = typeof(PaperReference).Assembly.GetManifestResourceStream("paper-reference.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.GetProperty("values").Deserialize<List<PaperValue>>(ResultsJson.Options)!;
    }
}
