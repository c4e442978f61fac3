using System.CommandLine;
using ClipTransfer.Data;
using ClipTransfer.Models.Weights;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Verbs;

/// <summary><c>data get</c> and <c>data import</c>: sets into the data folder.</summary>
internal static class DataGetVerb
{
    /// <summary><c>data get NAME</c>: fetched, checked, unpacked; its licence is shown and agreed to first.</summary>
    public static Command Get(Func<ParseResult, string> folder, TextWriter output)
    {
        var name = new Argument<string>("NAME") { Description = "A data set, as `data list` names it, or weights/NAME." };
        var yes = new Option<bool>("--yes") { Description = "Agrees to the licence without being asked." };
        var keep = new Option<bool>("--keep") { Description = "Keeps the archives after unpacking, so that `data verify` can test them." };
        var command = new Command("get", "Fetches a data set or weights, goes on where an earlier run stopped, checks size and hash, and unpacks.") { name, yes, keep };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, Interrupt.Token);
            using var downloader = new Downloader();
            try
            {
                return await GetAsync(parsed.GetValue(name)!, folder(parsed), parsed.GetValue(yes), parsed.GetValue(keep), downloader, output, stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                await output.WriteLineAsync("stopped; the same command goes on from here").ConfigureAwait(false);
                return ExitCodes.Interrupted;
            }
        });
        return command;
    }

    /// <summary><c>data import NAME PATH</c>: an archive or folder that lies elsewhere, checked, then unpacked, copied or linked.</summary>
    public static Command Import(Func<ParseResult, string> folder, TextWriter output)
    {
        var name = new Argument<string>("NAME") { Description = "A data set, as `data list` names it." };
        var path = new Argument<string>("PATH") { Description = "An archive of its release, or a folder with the set in one of its layouts." };
        var link = new Option<bool>("--link") { Description = "Links to a folder instead of copying it." };
        var command = new Command("import", "Takes a set that is already on this machine: checks it, then unpacks, copies or links it into place.") { name, path, link };
        command.SetAction(parsed =>
        {
            var check = DatasetInstallation.Import(DatasetCatalog.Find(parsed.GetValue(name)!), parsed.GetValue(path)!, folder(parsed), parsed.GetValue(link), output);
            output.WriteLine(check);
            return check.Damaged ? ExitCodes.Failure : ExitCodes.Success;
        });
        return command;
    }

    private static async Task<int> GetAsync(string name, string folder, bool yes, bool keep, Downloader downloader, TextWriter output, CancellationToken cancellation)
    {
        if (name.StartsWith(DataWeights.Prefix, StringComparison.Ordinal)) return await GetWeightsAsync(WeightsCatalog.Find(name[DataWeights.Prefix.Length..]), folder, yes, downloader, output, cancellation).ConfigureAwait(false);
        var entry = DatasetCatalog.Find(name);
        if (entry.Archives.Count > 0)
        {
            var bytes = entry.Archives.Sum(a => a.Bytes ?? 0);
            await output.WriteLineAsync(FormattableString.Invariant($"{entry.Title}, {bytes / 1_000_000.0:0.#} MB from {string.Join(", ", entry.Archives.Select(a => new Uri(a.Address).Host).Distinct())}")).ConfigureAwait(false);
            Agree(entry.Licence, entry.Citation, yes, output);
        }

        var check = await DatasetInstallation.GetAsync(entry, folder, downloader, keep, output, cancellation).ConfigureAwait(false);
        await output.WriteLineAsync(check.ToString()).ConfigureAwait(false);
        return check.Damaged ? ExitCodes.Failure : ExitCodes.Success;
    }

    private static async Task<int> GetWeightsAsync(WeightsEntry entry, string folder, bool yes, Downloader downloader, TextWriter output, CancellationToken cancellation)
    {
        await output.WriteLineAsync($"{entry.Title}, from {string.Join(", ", entry.Files.Select(f => new Uri(f.Url).Host).Distinct())}").ConfigureAwait(false);
        Agree(entry.Licence, entry.Citation, yes, output);
        foreach (var file in entry.Files)
        {
            var target = Path.Combine(WeightsCatalog.FolderOf(entry, folder), file.File);
            var fetched = await downloader.FetchAsync(new DownloadFile(file.Url, file.Bytes, file.Sha256), target, cancellation).ConfigureAwait(false);
            await output.WriteLineAsync($"{target}: {fetched.Bytes} bytes, sha256 {fetched.Sha256}, {(fetched.Checked.Length > 0 ? $"checked by {fetched.Checked}" : "nothing published to check it by")}").ConfigureAwait(false);
        }

        return ExitCodes.Success;
    }

    /// <summary>Shows the terms; without <c>--yes</c> a person must agree to them.</summary>
    private static void Agree(string licence, string citation, bool yes, TextWriter output)
    {
        output.WriteLine($"licence: {licence}");
        output.WriteLine($"cite: {citation}");
        if (yes) return;
        if (Console.IsInputRedirected) throw new InputException("the licence", "was not agreed to", "Read it and add --yes");
        output.Write("Do you agree to these terms? [yes/no] ");
        output.Flush();
        if (Console.ReadLine()?.Trim().ToUpperInvariant() is not ("YES" or "Y")) throw new InputException("the licence", "was not agreed to", "Nothing was fetched");
    }
}
