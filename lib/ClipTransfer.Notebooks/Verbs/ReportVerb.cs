using System.CommandLine;
using ClipTransfer.Notebooks.Reports;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Verbs;

/// <summary><c>report</c>: HTML from notebooks that were executed before.</summary>
internal static class ReportVerb
{
    /// <summary>The verb with its options.</summary>
    public static Command Create(Repository repository, TextWriter output)
    {
        var folder = new Option<string?>("--out") { Description = "The folder with executed notebooks; reports go there too. Without it, results/local.", HelpName = "DIR" };
        var only = VerbOptions.Only("Only these notebooks, by number: 01,02. Without it, all that were executed.");
        var isStatic = new Option<bool>("--static") { Description = "Figures as drawings and no script at all: for print and e-mail." };
        var oneFile = new Option<bool>("--one-file") { Description = "Also all.html, every notebook in one file." };
        var command = new Command("report", "Builds the HTML reports from executed notebooks, without running anything.") { folder, only, isStatic, oneFile };
        command.SetAction(parsed =>
        {
            var from = Path.GetFullPath(parsed.GetValue(folder) ?? repository.LocalResults);
            var executed = Executed(repository, VerbOptions.Names(parsed.GetValue(only)), from);
            if (executed.Count == 0) throw new InputException(from, "holds no executed notebook", "Run the notebooks first, or name their --out folder");
            var pages = ReportWriter.Write(executed, from, new ReportOptions(parsed.GetValue(isStatic), parsed.GetValue(oneFile)));
            foreach (var page in pages) output.WriteLine(page);
            return ExitCodes.Success;
        });
        return command;
    }

    /// <summary>The executed notebooks of a folder, in reading order.</summary>
    public static IReadOnlyList<string> Executed(Repository repository, IReadOnlyList<string> only, string folder) =>
        [.. repository.Select(only).Select(notebook => Path.Combine(folder, Path.GetFileName(notebook))).Where(File.Exists)];
}
