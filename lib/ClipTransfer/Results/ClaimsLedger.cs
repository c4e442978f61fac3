using System.Text.Json;
using ClipTransfer.Runtime;

namespace ClipTransfer.Results;

/// <summary>The ledger that every notebook adds to: <c>claims.json</c> in the output folder, one entry per (id, profile, data).</summary>
public static class ClaimsLedger
{
    /// <summary>The ledger's name in an output folder.</summary>
    public const string FileName = "claims.json";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    /// <summary>All entries of a folder; none when there is no ledger yet.</summary>
    /// <exception cref="InputException">The file is not a ledger.</exception>
    public static IReadOnlyList<Claim> Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return [];
        try
        {
            return JsonSerializer.Deserialize<List<Claim>>(File.ReadAllText(path), ResultsJson.Options) ?? [];
        }
        catch (JsonException error)
        {
            throw new InputException($"{path} line {error.LineNumber + 1}", "is not a claims ledger", "Delete it and run the notebooks again", error);
        }
    }

    /// <summary>Adds entries, replacing those of the same (id, profile, data); other processes may do the same at the same time.</summary>
    /// <exception cref="InputException">The folder cannot be written, or another process holds the ledger for too long.</exception>
    public static void Merge(string folder, params IReadOnlyList<Claim> claims)
    {
        using var held = Hold(folder);
        var entries = Read(folder).ToDictionary(Key);
        foreach (var claim in claims) entries[Key(claim)] = claim;
        var sorted = entries.Values.OrderBy(c => c.Notebook, StringComparer.Ordinal).ThenBy(c => c.Id, StringComparer.Ordinal)
            .ThenBy(c => c.Profile, StringComparer.Ordinal).ThenBy(c => c.Data, StringComparer.Ordinal);
        AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(sorted, ResultsJson.Options) + "\n");
    }

    private static (string Id, string Profile, string Data) Key(Claim claim) => (claim.Id, claim.Profile, claim.Data);

    // An open file is a lock that the system gives back when its holder dies.
    private static FileStream Hold(string folder)
    {
        var path = Path.Combine(folder, FileName + ".lock");
        var deadline = DateTime.UtcNow + _patience;
        while (true)
        {
            try
            {
                Directory.CreateDirectory(folder);
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                if (DateTime.UtcNow > deadline || !Directory.Exists(folder) || error is UnauthorizedAccessException)
                    throw new InputException(path, $"cannot be locked ({error.Message.TrimEnd('.')})", "Choose another --out folder, or end the run that holds it", error);
                Thread.Sleep(20);
            }
        }
    }
}
