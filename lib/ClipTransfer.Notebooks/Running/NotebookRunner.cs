using System.Diagnostics;
using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Running;

/// <summary>Runs notebooks one after the other, each in a process of its own, and writes each executed notebook.</summary>
/// <param name="options">What the command line asked for.</param>
/// <param name="status">Where progress is shown.</param>
public sealed class NotebookRunner(RunOptions options, RunStatusLine status)
{
    private readonly RunInputs _inputs = new(options);

    /// <summary>Runs them all; one that fails does not keep the next from running, and one whose inputs are as in its last run is not run again.</summary>
    /// <param name="notebooks">Their files.</param>
    /// <param name="stop">Ends the running one and skips the rest.</param>
    /// <exception cref="InputException">The output folder cannot be written, or a setting belongs to no notebook: nothing was run.</exception>
    public async Task<IReadOnlyList<NotebookResult>> RunAsync(IReadOnlyList<string> notebooks, CancellationToken stop)
    {
        OutputFolder.Check(options.Output);
        CheckSettings(notebooks);
        var results = new List<NotebookResult>();
        WorkerProcess? next = null;
        try
        {
            for (var k = 0; k < notebooks.Count && !stop.IsCancellationRequested; k++)
            {
                if (Unchanged(notebooks[k]) is { } last)
                {
                    results.Add(new NotebookResult(notebooks[k], Target(notebooks[k]), RunStatus.Succeeded, "", TimeSpan.Zero, last.Started));
                    status.Ended(results[^1]);
                    continue;
                }

                using var worker = next ?? WorkerProcess.Start(Folder(notebooks[k]));
                // It starts, and gets the compiler ready, while this one runs.
                next = k + 1 < notebooks.Count && Unchanged(notebooks[k + 1]) is null ? WorkerProcess.Start(Folder(notebooks[k + 1])) : null;
                results.Add(await RunOneAsync(notebooks[k], worker, stop).ConfigureAwait(false));
                status.Ended(results[^1]);
            }
        }
        finally
        {
            next?.Dispose();
        }

        return results;
    }

    private string Target(string notebook) => Path.Combine(options.Output, Path.GetFileName(notebook));

    /// <summary>The last run, if nothing that it depended on has changed since.</summary>
    private LastRun? Unchanged(string path)
    {
        if (options.Again || LastRun.Read(Target(path), options.Output) is not { } last) return null;
        try
        {
            return _inputs.Of(NotebookReader.Read(path), path) == last.Inputs ? last : null;
        }
        catch (InputException)
        {
            return null; // said when it is run
        }
    }

    private static string Folder(string notebook) => Path.GetDirectoryName(Path.GetFullPath(notebook))!;

    private async Task<NotebookResult> RunOneAsync(string path, WorkerProcess worker, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        string? written = null;
        try
        {
            var notebook = NotebookReader.Read(path);
            status.Begin(Path.GetFileNameWithoutExtension(path), notebook.Title);
            var inputs = _inputs.Of(notebook, path);
            var run = new NotebookRun(notebook, options) { OnProgress = status.Progress };
            var (outcome, message) = await run.ExecuteAsync(worker, stop).ConfigureAwait(false);
            var executed = run.Executed(outcome);
            LastRun.Note(executed, inputs, options.Output, Repository.Number(path), options.Profile);
            NotebookWriter.Write(Target(path), executed);
            written = Target(path);
            return new NotebookResult(path, written, outcome, message, watch.Elapsed);
        }
        catch (InputException error)
        {
            return new NotebookResult(path, written, RunStatus.Failed, error.Message, watch.Elapsed);
        }
    }

    /// <summary>A misspelt name must not run for hours with the default value: each name has to be known to at least one notebook.</summary>
    private void CheckSettings(IReadOnlyList<string> notebooks)
    {
        if (options.Settings.Count == 0) return;
        var known = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var path in notebooks)
        {
            Notebook notebook;
            try
            {
                notebook = NotebookReader.Read(path);
            }
            catch (InputException)
            {
                continue; // said when its turn comes
            }

            var cell = notebook.Cells.FirstOrDefault(cell => cell.Kind == CellKind.Code && cell.Tags.Contains(ParametersCell.Tag));
            if (cell is null) continue;
            var parameters = ParametersCell.Parse(cell.Source);
            known.UnionWith(parameters.Names);
            _ = parameters.Inject(options.Settings.Where(setting => parameters.Names.Contains(setting.Key)));
        }

        if (options.Settings.Keys.FirstOrDefault(name => !known.Contains(name)) is { } unknown)
        {
            throw new InputException($"--set {unknown}={options.Settings[unknown]}", $"no chosen notebook has a parameter '{unknown}'",
                known.Count == 0 ? "They have no parameters" : $"There are {string.Join(", ", known)}");
        }
    }
}
