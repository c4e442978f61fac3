using System.CommandLine;
using System.Globalization;
using ClipTransfer.Notebooks.Running;
using ClipTransfer.Results;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Verbs;

/// <summary><c>sweep GRID.json</c>: many trainings from one file, restartable and in parts; <c>sweep merge</c>: their results in one file.</summary>
internal static class SweepVerb
{
    /// <summary>The verb with its options.</summary>
    public static Command Create(Repository repository, TextWriter output)
    {
        var grid = Grid();
        var shard = new Option<string>("--shard") { Description = "Part i of n, from 0: 0/4 to 3/4 on four machines, or from a scheduler's array job.", DefaultValueFactory = _ => "0/1", HelpName = "i/n" };
        var folder = new Option<string?>("--out") { Description = "Each run goes to a folder in runs/ of it. Without it, results/local.", HelpName = "DIR" };
        var data = VerbOptions.Data();
        var device = VerbOptions.Device();
        var command = new Command("sweep", "Runs a grid of trainings. What is done is skipped, so that it may be stopped and started again.") { grid, shard, folder, data, device, Merge(repository, output) };
        command.SetAction(parsed => Run(
            parsed.GetValue(grid)!, Part(parsed.GetValue(shard)!), Path.GetFullPath(parsed.GetValue(folder) ?? repository.LocalResults),
            VerbOptions.DataFolder(repository, parsed.GetValue(data)), parsed.GetValue(device)!, output));
        return command;
    }

    private static Command Merge(Repository repository, TextWriter output)
    {
        var grid = Grid();
        var from = new Option<string[]>("--from") { Description = "The output folders of the parts. Without it, results/local.", HelpName = "DIR", AllowMultipleArgumentsPerToken = true };
        var to = new Option<string?>("--to") { Description = "Where GRID.json with all results goes. Without it, results.", HelpName = "DIR" };
        var command = new Command("merge", "Joins the results of a grid's runs into one file; an error if a run is missing.") { grid, from, to };
        command.SetAction(parsed =>
        {
            var folders = parsed.GetValue(from) is { Length: > 0 } named ? named.Select(Path.GetFullPath).ToArray() : [repository.LocalResults];
            var (path, runs) = Sweep.Merge(SweepGrid.Read(parsed.GetValue(grid)!), folders, Path.GetFullPath(parsed.GetValue(to) ?? repository.Results));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{runs} runs in {path}"));
            return ExitCodes.Success;
        });
        return command;
    }

    private static Argument<string> Grid() => new("GRID") { Description = "A grid file, such as settings/grids/scenes-full.json." };

    private static (int Shard, int Shards) Part(string text)
    {
        var parts = text.Split('/');
        return parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var shard)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var shards) && shard < shards
            ? (shard, shards)
            : throw new InputException($"--shard {text}", "is not a part", "Give i/n with i from 0 to n − 1, for example 0/4");
    }

    private static int Run(string file, (int Shard, int Shards) part, string folder, string data, string device, TextWriter output)
    {
        var grid = SweepGrid.Read(file);
        OutputFolder.Check(folder);
        TorchRuntime.Initialize(device);
        output.WriteLine($"{grid.Head.Paper}: {grid.Head.Duration} on {grid.Head.Hardware}; to be expected: {grid.Head.Expect}");
        try
        {
            var report = Sweep.Run(grid, folder, data, part.Shard, part.Shards, output.WriteLine);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.Done} were done before, {report.Ran} done now, {report.Failed.Count} failed"));
            return report.Failed.Count == 0 ? ExitCodes.Success : ExitCodes.Failure;
        }
        catch (OperationCanceledException)
        {
            output.WriteLine("stopped; the same command goes on with the run that was cut off");
            return ExitCodes.Interrupted;
        }
    }
}
