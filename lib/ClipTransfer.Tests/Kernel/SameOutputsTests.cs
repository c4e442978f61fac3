using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ClipTransfer.Notebooks;
using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Notebooks.Running;
using ClipTransfer.Tests.Notebooks;

namespace ClipTransfer.Tests.Kernel;

/// <summary>Every notebook, by our runner and by our kernel under nbclient, one thread each: the same numbers and the same figures.</summary>
[Trait("Category", "Slow")]
public sealed partial class SameOutputsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_notebook_shows_the_same_in_our_runner_and_in_our_kernel()
    {
        var byRunner = await ExecutedByRunnerAsync();
        Assert.Equal(CloneFixture.Real.FindNotebooks().Select(Path.GetFileName), byRunner.Select(Path.GetFileName));
        using var jupyter = await DebianJupyter.CreateAsync();
        var differences = new List<string>();
        // In reading order and with one output folder, as the runner does: later notebooks find what earlier ones left.
        foreach (var executed in byRunner) differences.AddRange(await CompareAsync(jupyter, executed));
        Assert.True(differences.Count == 0, string.Join("\n", differences));
    }

    /// <summary>CLIPTRANSFER_REPORTS names a folder in which the notebooks were just run with one thread, as .ci/run does; without it they are run here.</summary>
    private async Task<IReadOnlyList<string>> ExecutedByRunnerAsync()
    {
        var folder = Environment.GetEnvironmentVariable("CLIPTRANSFER_REPORTS") is { Length: > 0 } named ? named : _folder.File("runner");
        if (!Directory.Exists(folder) || !Notebooks().All(RanAsHere))
        {
            folder = _folder.File("runner");
            var start = new ProcessStartInfo("dotnet", ["exec", typeof(CommandLine).Assembly.Location, "run", "--profile", "quick", "--out", folder]) { WorkingDirectory = CloneFixture.Real.Root };
            start.Environment["OMP_NUM_THREADS"] = "1";
            using var process = Process.Start(start)!;
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
        }

        return [.. Notebooks()];

        IEnumerable<string> Notebooks() => CloneFixture.Real.FindNotebooks().Select(file => Path.Combine(folder, Path.GetFileName(file)));
    }

    private static bool RanAsHere(string executed) =>
        File.Exists(executed) && NotebookReader.Read(executed).Metadata["cliptransfer"] is JsonObject run
        && run["profile"]?.ToString() == "quick" && run["status"]?.ToString() == nameof(RunStatus.Succeeded)
        && (run["runtime"]?.ToString() is not { } runtime || !runtime.Contains("threads", StringComparison.Ordinal) || runtime.Contains(", 1 threads", StringComparison.Ordinal));

    private async Task<IReadOnlyList<string>> CompareAsync(DebianJupyter jupyter, string executed)
    {
        var name = Path.GetFileNameWithoutExtension(executed);
        var (ranIn, runsIn) = (Path.GetDirectoryName(executed)!, _folder.File("kernel"));
        var before = NotebookReader.Read(executed);
        var cells = before.Cells.Select(cell => cell with
        {
            Outputs = [],
            ExecutionCount = null,
            // The parameters that the runner put in, with an output folder of this run's own.
            Source = cell.Tags.Contains(ParametersCell.InjectedTag) ? cell.Source.Replace(ranIn, runsIn, StringComparison.Ordinal) : cell.Source,
        });
        var (asked, answered) = (_folder.File($"{name}.ipynb"), _folder.File($"{name}-kernel.ipynb"));
        NotebookWriter.Write(asked, before with { Cells = [.. cells] });
        await jupyter.ExecuteAsync(asked, answered, CloneFixture.Real.Notebooks);

        var differences = new List<string>();
        foreach (var (one, other) in before.Cells.Zip(NotebookReader.Read(answered).Cells))
        {
            if (one.Kind != CellKind.Code || one.Tags.Contains("timing")) continue;
            var (left, right) = (Shown(one, ranIn, ranIn), Shown(other, runsIn, ranIn));
            if (!left.SequenceEqual(right)) differences.Add($"{name} {one.Id}: {Differing(left, right)}");
        }

        return differences;
    }

    /// <summary>What a cell shows, but for progress, which holds times.</summary>
    private static IReadOnlyList<string> Shown(NotebookCell cell, string folder, string calledFolder) =>
        [.. cell.Outputs.Where(output => output is not DisplayOutput display || display.Text("text/html")?.Contains("class=\"ct-progress\"", StringComparison.Ordinal) != true)
            .Select(output => output switch
            {
                StreamOutput stream => $"{stream.Name}: {stream.Text}",
                DisplayOutput display => string.Join('\n', display.Data.Keys.Order(StringComparer.Ordinal).Select(type => $"{type}: {display.Text(type)}")),
                _ => output.ToString(),
            })
            .Select(text => Past().Replace(text.Replace(folder, calledFolder, StringComparison.Ordinal), "some runs done before"))];

    private static string Differing(IReadOnlyList<string> left, IReadOnlyList<string> right)
    {
        if (left.Count != right.Count) return $"{left.Count} outputs against {right.Count}";
        var (one, other) = left.Zip(right).First(pair => pair.First != pair.Second);
        var at = one.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"…{Around(one, at)}… against …{Around(other, at)}…";
    }

    /// <summary>How much of a grid was done already is a matter of the folder's past; in tables' data the spaces are escaped.</summary>
    [GeneratedRegex("[0-9]+( |%20)runs( |%20)done( |%20)before,( |%20)[0-9]+( |%20)now")]
    private static partial Regex Past();

    private static string Around(string text, int at) => text[Math.Max(0, at - 60)..Math.Min(text.Length, at + 60)].ReplaceLineEndings(" ");
}
