using System.Text.Json;
using ClipTransfer.Runtime;

namespace ClipTransfer.Models.Weights;

/// <summary>The public weights and vocabularies that this project can start from, and where they lie once fetched.</summary>
public static class WeightsCatalog
{
    /// <summary>What <c>data get</c> puts before a name of this catalogue, and the folder below the data folder.</summary>
    public const string Folder = "weights";

    private static readonly Lazy<IReadOnlyList<WeightsEntry>> _entries = new(() =>
    {
        using var stream = typeof(WeightsCatalog).Assembly.GetManifestResourceStream("weights.json")!;
        return JsonSerializer.Deserialize<List<WeightsEntry>>(stream, JsonSerializerOptions.Web)!;
    });

    /// <summary>All of them, in the order of <c>weights.json</c>.</summary>
    public static IReadOnlyList<WeightsEntry> Entries => _entries.Value;

    /// <summary>What is known under a name.</summary>
    /// <exception cref="InputException">There is no such name.</exception>
    public static WeightsEntry Find(string name) => Entries.FirstOrDefault(e => e.Name == name)
        ?? throw new InputException($"weights '{name}'", "are not known", $"Use one of {string.Join(", ", Entries.Select(e => e.Name))}");

    /// <summary>Where an entry lies below the data folder: <c>DATA/weights/NAME</c>, whether it is there or not.</summary>
    public static string FolderOf(WeightsEntry entry, string dataFolder) => Path.Combine(dataFolder, Folder, entry.Name);

    /// <summary>A file of an entry that is there; null where it is not.</summary>
    /// <param name="name">The entry.</param>
    /// <param name="dataFolder">The data folder; null or empty when none was named.</param>
    /// <param name="file">The file; null for the entry's first.</param>
    /// <exception cref="InputException">There is no such name.</exception>
    public static string? Locate(string name, string? dataFolder, string? file = null)
    {
        var entry = Find(name);
        if (string.IsNullOrEmpty(dataFolder)) return null;
        var path = Path.Combine(FolderOf(entry, dataFolder), file ?? entry.Files[0].File);
        return File.Exists(path) ? path : null;
    }
}
