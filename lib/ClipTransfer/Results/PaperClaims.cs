using System.Text.Json;

namespace ClipTransfer.Results;

/// <summary>Every claim of the paper that is known, every question of its reviewers, and what is new here, from <c>results/paper-claims.json</c>.</summary>
public static class PaperClaims
{
    /// <summary>All, in the order of the paper.</summary>
    public static IReadOnlyList<PaperClaim> Values { get; } = Load();

    private static List<PaperClaim> Load()
    {
        using var stream = typeof(PaperClaims).Assembly.GetManifestResourceStream("paper-claims.json")!;
        return JsonSerializer.Deserialize<List<PaperClaim>>(stream, ResultsJson.Options)!;
    }
}
