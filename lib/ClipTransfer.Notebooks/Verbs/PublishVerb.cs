using System.CommandLine;
using System.Globalization;
using ClipTransfer.Notebooks.Reports;
using ClipTransfer.Results;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Verbs;

/// <summary><c>publish</c>: copies chosen results of a run into <c>results/</c>, which is in git.</summary>
internal static class PublishVerb
{
    /// <summary>What belongs into git: numbers and small drawings. Not reports, executed notebooks, step logs or weights.</summary>
    private static readonly (string Pattern, long MostBytes)[] _kinds =
    [
        ("config.json", 256 << 10), ("summary.json", 1 << 20), ("*.csv", 1 << 20), ("*.svg", 512 << 10),
    ];

    /// <summary>The verb with its options.</summary>
    public static Command Create(Repository repository, TextWriter output)
    {
        var from = new Option<string?>("--out") { Description = "The output folder of the run. Without it, results/local.", HelpName = "DIR" };
        var only = VerbOptions.Only("Only the claims of these notebooks, by number, and the files that have the number in front. Without it, all.");
        var command = new Command("publish", "Copies claims, summaries, tables (CSV) and small figures (SVG) of a run into results/, which is in git.") { from, only };
        command.SetAction(parsed =>
        {
            var names = VerbOptions.Names(parsed.GetValue(only));
            var numbers = names.Length == 0 ? null : repository.Select(names).Select(Repository.Number).ToHashSet(StringComparer.Ordinal);
            return Run(Path.GetFullPath(parsed.GetValue(from) ?? repository.LocalResults), repository.Results, numbers, Notebook, output);

            string? Notebook(string number) => Directory.EnumerateFiles(repository.Notebooks, $"{number}-*.ipynb").Select(file => $"../notebooks/{Path.GetFileName(file)}").FirstOrDefault();
        });
        return command;
    }

    private static int Run(string from, string to, HashSet<string>? numbers, Func<string, string?> notebooks, TextWriter output)
    {
        if (!Directory.Exists(from)) throw new InputException(from, "there is no such folder", "Run the notebooks first, or name their --out folder");
        var claims = ClaimsLedger.Read(from).Where(claim => numbers is null || numbers.Contains(claim.Notebook)).ToArray();
        var files = Chosen(from, numbers).ToArray();
        if (claims.Length == 0 && files.Length == 0) throw new InputException(from, "holds nothing to publish", "Run the notebooks first, or name another --out folder");

        if (claims.Length > 0)
        {
            ClaimsLedger.Merge(to, claims);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ClaimsLedger.FileName}: {claims.Length} claims"));
            var report = VerdictReport.Of(PaperClaims.Values, ClaimsLedger.Read(to), []);
            AtomicFile.WriteText(Path.Combine(to, VerdictMarkdown.FileName), VerdictMarkdown.Of(report, notebooks));
            output.WriteLine(VerdictMarkdown.FileName);
        }

        foreach (var file in files)
        {
            var relative = Path.GetRelativePath(from, file);
            AtomicFile.Write(Path.Combine(to, relative), stream =>
            {
                using var source = File.OpenRead(file);
                source.CopyTo(stream);
            });
            output.WriteLine(relative);
        }

        output.WriteLine($"Published in {to}; look at `git diff` before you commit.");
        return ExitCodes.Success;
    }

    private static IEnumerable<string> Chosen(string from, HashSet<string>? numbers) =>
        _kinds
            .SelectMany(kind => Directory.EnumerateFiles(from, kind.Pattern, SearchOption.AllDirectories).Where(file => new FileInfo(file).Length <= kind.MostBytes))
            .Where(file => !Path.GetRelativePath(from, file).Split(Path.DirectorySeparatorChar).Contains("checkpoints"))
            // The number of its notebook stands in front of the name of the file or of one of its folders.
            .Where(file => numbers is null || Path.GetRelativePath(from, file).Split(Path.DirectorySeparatorChar).Any(part => numbers.Contains(part.Split('-')[0])))
            .Order(StringComparer.Ordinal);
}
