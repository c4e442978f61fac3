using System.CommandLine;
using ClipTransfer.Data;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Verbs;

/// <summary><c>data list</c>, <c>data verify</c>, <c>data get</c> and <c>data import</c>: which data sets there are, whether they are whole, and how they come here.</summary>
internal static class DataVerbs
{
    /// <summary>The verb with its own verbs.</summary>
    public static Command Create(Repository repository, TextWriter output)
    {
        var data = new Option<string?>("--data") { Description = "The folder that holds the data sets. Without it, the clone's datasets/.", HelpName = "DIR", Recursive = true };
        var command = new Command("data", "Data sets and weights: what there is, what is here, whether it is whole; fetches and imports them.") { data };
        command.Subcommands.Add(List(repository, data, output));
        command.Subcommands.Add(Verify(repository, data, output));
        command.Subcommands.Add(DataGetVerb.Get(parsed => Folder(repository, parsed.GetValue(data)), output));
        command.Subcommands.Add(DataGetVerb.Import(parsed => Folder(repository, parsed.GetValue(data)), output));
        return command;
    }

    private static Command List(Repository repository, Option<string?> data, TextWriter output)
    {
        var command = new Command("list", "Lists every data set with its terms, where it lies, or where to get it.");
        command.SetAction(parsed =>
        {
            var folder = Folder(repository, parsed.GetValue(data));
            foreach (var (entry, found) in DatasetCatalog.List(folder))
            {
                var splits = string.Join(", ", entry.Splits.Select(s => FormattableString.Invariant($"{s.Key} {s.Value}")));
                output.WriteLine($"{entry.Name,-16} {(found is null ? "missing" : "here"),-8} {entry.Title}: {splits}");
                output.WriteLine($"{"",-16} {"",-8} {entry.Licence}");
                output.WriteLine($"{"",-16} {"",-8} {found ?? Missing(entry, folder)}");
            }

            DataWeights.List(folder, output);
            return ExitCodes.Success;
        });
        return command;
    }

    private static Command Verify(Repository repository, Option<string?> data, TextWriter output)
    {
        var name = new Argument<string?>("NAME") { Description = "One data set, or weights/NAME. Without it, everything that is found.", Arity = ArgumentArity.ZeroOrOne };
        var decode = new Option<bool>("--decode") { Description = "Decodes every picture too, which takes a while." };
        var command = new Command("verify", "Checks files, records and counts. A set smaller than its release is no damage and shows as `subset n of N`.") { name, decode };
        command.SetAction(parsed =>
        {
            var folder = Folder(repository, parsed.GetValue(data));
            if (parsed.GetValue(name) is { } one && one.StartsWith(DataWeights.Prefix, StringComparison.Ordinal)) return DataWeights.Verify(folder, one, output);
            var checks = DatasetCatalog.Verify(folder, parsed.GetValue(name), parsed.GetValue(decode));
            // What is damaged comes last, so that the last line names the file.
            if (checks.Count == 0) output.WriteLine("no data set is here; `data list` says what there is");
            foreach (var check in checks.Where(c => !c.Damaged)) output.WriteLine(check);
            var weights = parsed.GetValue(name) is null ? DataWeights.Verify(folder, null, output) : ExitCodes.Success;
            foreach (var check in checks.Where(c => c.Damaged)) output.WriteLine(check);
            return checks.Any(c => c.Damaged) ? ExitCodes.Failure : weights;
        });
        return command;
    }

    private static string Missing(DatasetEntry entry, string folder) => entry.Archives.Count > 0
        ? FormattableString.Invariant($"`data get {entry.Name}` fetches {entry.Archives.Sum(a => a.Bytes ?? 0) / 1_000_000.0:0.#} MB (home page: {entry.HomePage})")
        : $"from {entry.HomePage} into {Path.Combine(folder, entry.Folders[0])}: {entry.Layout}";

    private static string Folder(Repository repository, string? folder)
    {
        if (string.IsNullOrEmpty(folder)) return Path.Combine(repository.Root, "datasets");
        return Directory.Exists(folder) ? Path.GetFullPath(folder) : throw new InputException($"--data {folder}", "there is no such folder", "Name the folder that holds the data sets");
    }
}
