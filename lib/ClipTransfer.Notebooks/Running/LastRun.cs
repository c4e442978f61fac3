using System.Globalization;
using System.Text.Json.Nodes;
using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Results;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Running;

/// <summary>What the executed notebook in the output folder says of the run that wrote it.</summary>
/// <param name="Inputs">The hash of its inputs, see <see cref="RunInputs"/>.</param>
/// <param name="Started">When it began.</param>
internal sealed record LastRun(string Inputs, DateTimeOffset Started)
{
    /// <summary>The last run of a notebook; null where there is none that came to its end, or whose claims are no longer in the ledger.</summary>
    /// <param name="executed">The executed notebook's file.</param>
    /// <param name="output">The folder of the ledger.</param>
    public static LastRun? Read(string executed, string output)
    {
        if (!File.Exists(executed)) return null;
        try
        {
            if (NotebookReader.Read(executed).Metadata["cliptransfer"] is not JsonObject run || run["status"]?.ToString() != nameof(RunStatus.Succeeded)) return null;
            if (run["inputs"]?.ToString() is not { Length: > 0 } inputs) return null;
            if (!DateTimeOffset.TryParse(run["started"]?.ToString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var started)) return null;
            var known = ClaimsLedger.Read(output).Select(claim => claim.Id).ToHashSet(StringComparer.Ordinal);
            return run["claims"] is JsonArray claims && claims.All(id => id is not null && known.Contains(id.ToString())) ? new LastRun(inputs, started) : null;
        }
        catch (InputException)
        {
            return null; // damaged: it is written anew
        }
    }

    /// <summary>Notes in an executed notebook what its run depended on, and which claims it left in the ledger.</summary>
    /// <param name="executed">The executed notebook, with the metadata of its run.</param>
    /// <param name="inputs">The hash of its inputs before the run.</param>
    /// <param name="output">The folder of the ledger.</param>
    /// <param name="number">The notebook's number.</param>
    /// <param name="profile">The run's profile.</param>
    public static void Note(Notebook executed, string inputs, string output, string number, string profile)
    {
        var run = (JsonObject)executed.Metadata["cliptransfer"]!;
        run["inputs"] = inputs;
        run["claims"] = new JsonArray([.. ClaimsLedger.Read(output).Where(claim => claim.Notebook == number && claim.Profile == profile).Select(claim => (JsonNode?)JsonValue.Create(claim.Id))]);
    }
}
