using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using ClipTransfer.Runtime;

namespace ClipTransfer.Results;

/// <summary>Runs the points of a grid one after the other, skipping what is done, and joins their results into one file.</summary>
public static class Sweep
{
    /// <summary>Runs a part of a grid. It may be stopped at any time and started again; several parts may run at once on machines that share the output folder, or not.</summary>
    /// <param name="grid">The grid.</param>
    /// <param name="output">The output folder; each run gets a folder in <c>runs/</c>.</param>
    /// <param name="folder">The folder with real data sets; null allows generated ones only.</param>
    /// <param name="shard">Which part, from 0.</param>
    /// <param name="shards">Of how many.</param>
    /// <param name="told">Takes a line before each run and after it.</param>
    /// <exception cref="OperationCanceledException">Ctrl-C was pressed: runs that ended are kept, and where the grid sets training.checkpointEvery the run that was cut off goes on later.</exception>
    public static SweepReport Run(SweepGrid grid, string output, string? folder, int shard, int shards, Action<string> told)
    {
        var points = grid.Shard(shard, shards).ToArray();
        var open = points.Where(point => Find(grid, point, output) is null).ToArray();
        told(string.Create(CultureInfo.InvariantCulture, $"{grid.Name}: {points.Length} runs in this part, {points.Length - open.Length} done before, {open.Length} to do"));
        var failed = new List<(string, string)>();
        var ran = 0;
        SweepData? data = null;
        try
        {
            // In the grid's order, so that what its author put first is done first; data stay open while runs that share them follow each other.
            foreach (var point in open)
            {
                Interrupt.Token.ThrowIfCancellationRequested();
                var name = point.Name(grid.Name);
                try
                {
                    if (data?.Serve(point.Settings) != true)
                    {
                        data?.Dispose();
                        data = null;
                        data = SweepData.Open(point.Settings, grid.Transfer, folder, told);
                    }

                    var (document, opened) = (RunDocument.At(output, name), data);
                    var summary = NativeErrors.TriedTwice(
                        () => SweepRun.Train(point, opened, document, new SweepFolder(document, point.Settings.Training).Begin(grid.Head, point.Settings, told)),
                        error => told($"{name}: {error.Message.Split('\n')[0]}; once more"));
                    document.Finish(summary);
                    ran++;
                    var zeroShot = summary.Transfer.ZeroShot is [var first, ..] ? string.Create(CultureInfo.InvariantCulture, $", zero-shot {100 * first.Accuracy:0.0} %") : "";
                    told(string.Create(CultureInfo.InvariantCulture, $"{ran} of {open.Length}: {name}, {summary.Seconds:0} s of training{zeroShot}"));
                }
                catch (Exception error) when (error is InputException or ExternalException)
                {
                    // Of libtorch's errors the first line; what comes of a moment, such as memory that was short, is over when the sweep is started again.
                    var reason = error.Message.Split('\n')[0];
                    failed.Add((name, reason));
                    told($"failed: {name}: {reason}");
                }
            }
        }
        finally
        {
            data?.Dispose();
        }

        return new SweepReport(points.Length - open.Length, ran, failed);
    }

    /// <summary>Joins the runs of a grid into <c>NAME.json</c> in a folder, whole or not at all.</summary>
    /// <param name="grid">The grid.</param>
    /// <param name="outputs">Output folders of its parts.</param>
    /// <param name="target">Where the file goes.</param>
    /// <returns>The file's path and how many runs it holds.</returns>
    /// <exception cref="InputException">Runs are missing: names the first and how many.</exception>
    public static (string Path, int Runs) Merge(SweepGrid grid, IReadOnlyList<string> outputs, string target)
    {
        var found = grid.Points.Select(point => (Point: point, Summary: outputs.Select(output => Find(grid, point, output)).FirstOrDefault(summary => summary is not null))).ToArray();
        var missing = found.Where(run => run.Summary is null).ToArray();
        if (missing.Length > 0)
        {
            throw new InputException(
                string.Join(", ", outputs), string.Create(CultureInfo.InvariantCulture, $"{missing.Length} of {found.Length} runs of {grid.Name} are missing, the first is {missing[0].Point.Name(grid.Name)}"),
                "Run `sweep` until all are done, and name every part's --out folder");
        }

        // A block may have been added to the grid since the run was done.
        SweepSummary[] runs = [.. found.Select(run => run.Summary! with { Blocks = run.Point.Blocks })];
        var path = Path.Combine(target, grid.Name + ".json");
        AtomicFile.WriteText(path, JsonSerializer.Serialize(new SweepResults(grid.Name, grid.Head, SweepGrid.CodeVersion, runs), SweepResults.Json) + "\n");
        return (path, runs.Length);
    }

    private static SweepSummary? Find(SweepGrid grid, SweepPoint point, string output)
    {
        var path = RunDocument.At(output, point.Name(grid.Name)).SummaryPath;
        if (!File.Exists(path)) return null;
        try
        {
            var summary = JsonSerializer.Deserialize<SweepSummary>(File.ReadAllText(path), ResultsJson.Options);
            return summary?.Key == point.Key ? summary : null;
        }
        catch (JsonException error)
        {
            throw new InputException($"{path} line {error.LineNumber + 1}", "is not a run's summary", "Delete the run's folder and sweep again", error);
        }
    }
}
