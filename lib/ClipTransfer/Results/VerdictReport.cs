using System.Globalization;

namespace ClipTransfer.Results;

/// <summary>The whole ledger against the whole paper: the published claims, and beside them those of this run.</summary>
public sealed class VerdictReport
{
    private const string Folder = "results";

    private VerdictReport(IReadOnlyList<VerdictEntry> entries, IReadOnlyList<VerdictTest> others, int published, int here) =>
        (Entries, Others, Published, Here) = (entries, others, published, here);

    /// <summary>Every claim of <see cref="PaperClaims"/>, with its tests.</summary>
    public IReadOnlyList<VerdictEntry> Entries { get; }

    /// <summary>Entries of the ledger that test none of them: claims of our own on the way.</summary>
    public IReadOnlyList<VerdictTest> Others { get; }

    /// <summary>How many published entries there are.</summary>
    public int Published { get; }

    /// <summary>How many entries this run's ledger has.</summary>
    public int Here { get; }

    /// <summary>The parts, in order.</summary>
    public IReadOnlyList<string> Parts => [.. Entries.Select(entry => entry.Claim.Part).Distinct()];

    /// <summary>The claims of a part.</summary>
    public IReadOnlyList<VerdictEntry> Part(string name) => [.. Entries.Where(entry => entry.Claim.Part == name)];

    /// <summary>Every test of the ledger once, whatever it tests.</summary>
    public IReadOnlyList<VerdictTest> Tests => [.. Entries.SelectMany(entry => entry.Tests).Concat(Others).DistinctBy(test => Key(test.Claim))];

    /// <summary>In one line where the verdicts come from.</summary>
    public string Origin => string.Create(CultureInfo.InvariantCulture,
        $"results/claims.json, {Published} entries{(Here == 0 ? "; nothing was measured in this output folder" : $"; beside them {Here} entries of this output folder")}.");

    /// <summary>Of the tests that are published and were measured here with the same data: how many say the same.</summary>
    /// <param name="measured">Whether an entry of this run was measured, not drawn from published runs; null counts all.</param>
    public (int Same, int Both) Agreement(Func<Claim, bool>? measured = null)
    {
        var both = Tests.Where(test => test.Published && test.Here is { } here && measured?.Invoke(here) != false).ToArray();
        return (both.Count(test => test.Claim.Verdict == test.Here!.Verdict), both.Length);
    }

    /// <summary>The name of a notebook's page: its file's name without ending; null where the clone has no such notebook.</summary>
    /// <param name="notebook">Its number.</param>
    public static string? Page(string notebook) => Clone() is { } folder && Path.Combine(Path.GetDirectoryName(folder)!, "notebooks") is var notebooks && Directory.Exists(notebooks)
        ? Directory.EnumerateFiles(notebooks, $"{notebook}-*.ipynb").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal).FirstOrDefault()
        : null;

    /// <summary>Reads both ledgers.</summary>
    /// <param name="session">The notebook that runs; its own claims are left out.</param>
    public static VerdictReport Open(NotebookSession session) => Of(
        PaperClaims.Values,
        Clone() is { } folder ? [.. ClaimsLedger.Read(folder).Where(claim => claim.Notebook != session.Notebook)] : [],
        [.. ClaimsLedger.Read(session.Output).Where(claim => claim.Notebook != session.Notebook && claim.Profile == session.ProfileName)]);

    /// <summary>Joins claims with what the ledgers say of them.</summary>
    /// <param name="claims">The claims.</param>
    /// <param name="published">The published ledger.</param>
    /// <param name="here">The ledger of a run.</param>
    internal static VerdictReport Of(IReadOnlyList<PaperClaim> claims, IReadOnlyList<Claim> published, IReadOnlyList<Claim> here)
    {
        var ofRun = here.ToLookup(Key);
        var known = published.Select(Key).ToHashSet();
        VerdictTest[] tests =
        [
            .. published.Select(claim => new VerdictTest(claim, true, ofRun[Key(claim)].FirstOrDefault())),
            .. here.Where(claim => !known.Contains(Key(claim))).Select(claim => new VerdictTest(claim, false, claim)),
        ];
        var byId = tests.OrderBy(test => test.Claim.Notebook, StringComparer.Ordinal).ThenBy(test => test.Claim.Id, StringComparer.Ordinal).ThenBy(test => test.Claim.Data, StringComparer.Ordinal).ToLookup(test => test.Claim.Id);
        var asked = claims.SelectMany(claim => claim.Tests).ToHashSet(StringComparer.Ordinal);
        return new VerdictReport(
            [.. claims.Select(claim => new VerdictEntry(claim, [.. claim.Tests.SelectMany(id => byId[id]).Where(test => !claim.Photographs || !IsGenerated(test.Claim))]))],
            [.. byId.Where(group => !asked.Contains(group.Key)).SelectMany(group => group)], published.Count, here.Count);
    }

    private static bool IsGenerated(Claim claim) => claim.Data.StartsWith("scenes", StringComparison.OrdinalIgnoreCase) || claim.Data == "theory";

    // A claim of another set of data is another test; a profile is only its size.
    private static (string Id, string Data) Key(Claim claim) => (claim.Id, claim.Data);

    // A notebook runs in notebooks/, or wherever an engine's working folder is inside the clone.
    private static string? Clone()
    {
        for (var at = Directory.GetCurrentDirectory(); at is not null; at = Path.GetDirectoryName(at))
            if (File.Exists(Path.Combine(at, Folder, ClaimsLedger.FileName))) return Path.Combine(at, Folder);
        return null;
    }
}
