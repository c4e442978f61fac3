using System.CommandLine;
using System.Globalization;
using ClipTransfer.Notebooks.Reports;
using ClipTransfer.Notebooks.Running;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Verbs;

/// <summary><c>run</c>: runs notebooks and writes the reports.</summary>
internal static class RunVerb
{
    /// <summary>The verb with its options.</summary>
    public static Command Create(Repository repository, TextWriter output)
    {
        var profile = new Option<string>("--profile")
        {
            Description = "How large: quick (a smoke test), default (minutes on a laptop), full (hours, on generated scenes), paper (real data, a GPU).",
            DefaultValueFactory = _ => "default",
            HelpName = "quick|default|full|paper",
        };
        profile.Validators.Add(result =>
        {
            var value = result.GetValueOrDefault<string>();
            if (!RunOptions.Profiles.Contains(value)) result.AddError($"--profile {value}: there is no such profile. There are {string.Join(", ", RunOptions.Profiles)}.");
        });
        var only = VerbOptions.Only("Only these notebooks, by number: 01,02. Without it, all.");
        var data = new Option<string?>("--data") { Description = "A folder with real data sets (see datasets/). Without it, scenes are generated.", HelpName = "DIR" };
        var outputFolder = new Option<string?>("--out") { Description = "Where executed notebooks, reports and results go. Without it, results/local.", HelpName = "DIR" };
        var settings = new Option<string[]>("--set") { Description = "Gives a variable of the notebooks' parameters cell another value. May be repeated.", HelpName = "name=value" };
        var timeout = new Option<string?>("--timeout") { Description = "Ends a notebook that runs longer: 90 (seconds), 10m, 2h. Without it, never.", HelpName = "TIME" };
        var again = new Option<bool>("--again") { Description = "Runs notebooks again though neither they nor what they depend on has changed since their last run." };

        var command = new Command("run", "Runs notebooks and writes the reports. The default: `dotnet run reproduce.cs` alone runs them all.")
        {
            profile, only, data, outputFolder, settings, timeout, again,
        };
        command.SetAction(parsed => RunAsync(
            repository,
            VerbOptions.Names(parsed.GetValue(only)),
            new RunOptions(
                parsed.GetValue(profile)!,
                DataFolder(parsed.GetValue(data)),
                Path.GetFullPath(parsed.GetValue(outputFolder) ?? repository.LocalResults),
                Settings(parsed.GetValue(settings) ?? []),
                Timeout(parsed.GetValue(timeout)),
                parsed.GetValue(again)),
            output));
        return command;
    }

    private static async Task<int> RunAsync(Repository repository, IReadOnlyList<string> only, RunOptions options, TextWriter output)
    {
        var notebooks = repository.Select(only);
        var terminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
        var runner = new NotebookRunner(options, new RunStatusLine(output, terminal));
        var started = DateTimeOffset.UtcNow;
        var results = await runner.RunAsync(notebooks, Interrupt.Token).ConfigureAwait(false);

        var index = WriteReports(repository, options.Output, results);
        var good = results.Count(result => result.Status == RunStatus.Succeeded);
        var same = results.Count(result => result.UnchangedSince is not null);
        var kept = same == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {same} of them before and unchanged since (--again runs them too)");
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{good} of {notebooks.Count} notebooks ran to their end in {RunStatusLine.Time(DateTimeOffset.UtcNow - started)} (profile {options.Profile}){kept}; {(index is null ? $"results in {options.Output}" : $"open {index}")}")).ConfigureAwait(false);
        if (Interrupt.Token.IsCancellationRequested) return ExitCodes.Interrupted;
        return good == notebooks.Count ? ExitCodes.Success : ExitCodes.Failure;
    }

    /// <summary>Pages of everything that the folder holds, so that the index stays whole when only some notebooks were run again.</summary>
    private static string? WriteReports(Repository repository, string folder, IReadOnlyList<NotebookResult> results)
    {
        if (results.All(result => result.Executed is null)) return null;
        return ReportWriter.Write(ReportVerb.Executed(repository, [], folder), folder, new ReportOptions())[^1];
    }

    private static string? DataFolder(string? folder)
    {
        if (string.IsNullOrEmpty(folder)) return null;
        var full = Path.GetFullPath(folder);
        return Directory.Exists(full) ? full : throw new InputException($"--data {folder}", "there is no such folder", "Name the folder that holds the data sets");
    }

    private static Dictionary<string, string> Settings(string[] pairs)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) throw new InputException($"--set {pair}", "is not of the form name=value", "Write for example --set seed=7");
            settings[pair[..equals].Trim()] = pair[(equals + 1)..];
        }

        return settings;
    }

    private static TimeSpan? Timeout(string? text)
    {
        if (text is null) return null;
        var (number, unit) = text.Length > 0 && text[^1] is 's' or 'm' or 'h' ? (text[..^1], text[^1]) : (text, 's');
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) || value <= 0 || value > 1e6)
            throw new InputException($"--timeout {text}", "is not a time", "Write seconds (90), minutes (10m) or hours (2h)");
        return TimeSpan.FromSeconds(value * unit switch { 'm' => 60, 'h' => 3600, _ => 1 });
    }
}
