using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Notebooks.Running;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Verbs;

/// <summary><c>list</c>: which notebooks there are, and which were run.</summary>
internal static class ListVerb
{
    /// <summary>The verb with its options.</summary>
    public static Command Create(Repository repository, TextWriter output)
    {
        var folder = new Option<string?>("--out") { Description = "Where executed notebooks are looked for. Without it, results/local.", HelpName = "DIR" };
        var command = new Command("list", "Lists the notebooks: number, title, and when and how each was last run.") { folder };
        command.SetAction(parsed =>
        {
            var executed = Path.GetFullPath(parsed.GetValue(folder) ?? repository.LocalResults);
            foreach (var notebook in repository.Select([])) output.WriteLine(Line(notebook, Path.Combine(executed, Path.GetFileName(notebook))));
            return ExitCodes.Success;
        });
        return command;
    }

    private static string Line(string notebook, string executed)
    {
        var number = Repository.Number(notebook);
        try
        {
            var title = NotebookReader.Read(notebook).Title ?? Path.GetFileNameWithoutExtension(notebook);
            return $"{number}  {title}\n    {State(executed)}";
        }
        catch (InputException error)
        {
            return $"{number}  {error.Message}";
        }
    }

    private static string State(string executed)
    {
        if (!File.Exists(executed)) return "not run yet";
        if (NotebookReader.Read(executed).Metadata["cliptransfer"] is not JsonObject run) return $"run by another program: {executed}";
        var seconds = TimeSpan.FromSeconds(run["seconds"]?.GetValue<double>() ?? 0);
        var status = run["status"]?.ToString() switch { nameof(RunStatus.Succeeded) => "ran to its end", { } other => other.ToLowerInvariant(), null => "unknown" };
        var started = DateTimeOffset.TryParse(run["started"]?.ToString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)
            : "at an unknown time";
        return $"{status}, {started}, {RunStatusLine.Time(seconds)}, profile {run["profile"]}: {executed}";
    }
}
