using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Notebooks.Engine;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Running;

/// <summary>One run of one notebook: gives its parameters their values, has a worker run its cells, keeps what they show.</summary>
internal sealed class NotebookRun
{
    private readonly List<NotebookCell> _cells;
    private readonly Notebook _notebook;
    private readonly RunOptions _options;
    private readonly Dictionary<int, CellRecorder> _recorders = [];
    private readonly Dictionary<int, int> _counts = [];
    private readonly Stopwatch _watch = new();
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;
    private readonly int _injected;
    private int _current = -1;
    private RuntimeDescription? _runtime;

    /// <summary>Prepares a run.</summary>
    /// <param name="notebook">The notebook, without the outputs that matter.</param>
    /// <param name="options">What the command line asked for.</param>
    public NotebookRun(Notebook notebook, RunOptions options)
    {
        _notebook = notebook;
        _options = options;
        _cells = WithParameters(notebook, options.Values());
        _injected = _cells.FindIndex(cell => cell.Tags.Contains(ParametersCell.InjectedTag));
    }

    /// <summary>Called after each event with the cell that runs (from 1), the number of cells, and the line that the cell last wrote.</summary>
    public Action<int, int, string>? OnProgress { get; init; }

    /// <summary>Runs all code cells until one fails.</summary>
    /// <param name="worker">A process that was started in the notebook's folder.</param>
    /// <param name="stop">Ends the run.</param>
    public async Task<(RunStatus Status, string Message)> ExecuteAsync(WorkerProcess worker, CancellationToken stop)
    {
        var cells = _cells
            .Select((cell, index) => (cell, index))
            .Where(pair => pair.cell.Kind == CellKind.Code)
            .Select(pair => new WorkerCell(pair.index, Place(pair.index), pair.cell.Source))
            .ToArray();
        _watch.Start();
        var outcome = await worker.RunAsync(new WorkerRequest(cells), Take, _options.Timeout, stop).ConfigureAwait(false);
        _watch.Stop();

        if (_recorders.Values.SelectMany(recorder => recorder.Outputs()).OfType<ErrorOutput>().FirstOrDefault() is { } failed)
            return (failed.Name == "Interrupted" ? RunStatus.Interrupted : RunStatus.Failed, failed.Value);
        return outcome switch
        {
            { End: WorkerEnd.TimedOut } => (RunStatus.TimedOut, Close("TimeOut", string.Create(CultureInfo.InvariantCulture,
                $"{Where()}: still running after {_options.Timeout!.Value.TotalSeconds:0.#} s (--timeout)"))),
            { End: WorkerEnd.Stopped } => (RunStatus.Interrupted, Close("Interrupted", $"{Where()}: stopped by the user")),
            { Done: true } => (RunStatus.Succeeded, ""),
            _ => (RunStatus.Crashed, Close("Crash", $"{Where()}: the process died: {LastWords(outcome)}")),
        };
    }

    /// <summary>The notebook with the outputs of this run, whole or as far as it came.</summary>
    public Notebook Executed(RunStatus status)
    {
        var cells = _cells.Select((cell, index) =>
        {
            if (cell.Kind != CellKind.Code) return cell;
            if (!_recorders.TryGetValue(index, out var recorder)) return cell with { Outputs = [], ExecutionCount = null };
            var metadata = (JsonObject)cell.Metadata.DeepClone();
            metadata["execution"] = new JsonObject
            {
                ["iopub.execute_input"] = Time(recorder.Started),
                ["shell.execute_reply"] = Time(recorder.Ended ?? DateTimeOffset.UtcNow),
            };
            return cell with { Metadata = metadata, Outputs = recorder.Outputs(), ExecutionCount = _counts[index] };
        });
        var all = (JsonObject)_notebook.Metadata.DeepClone();
        all["cliptransfer"] = new JsonObject
        {
            ["profile"] = _options.Profile,
            ["data"] = _options.Data is null ? null : Path.GetFileName(_options.Data.TrimEnd(Path.DirectorySeparatorChar)),
            ["settings"] = new JsonObject([.. _options.Settings.Select(setting => KeyValuePair.Create(setting.Key, (JsonNode?)JsonValue.Create(setting.Value)))]),
            ["status"] = status.ToString(),
            ["started"] = Time(_started),
            ["seconds"] = Math.Round(_watch.Elapsed.TotalSeconds, 3),
            ["version"] = typeof(NotebookRun).Assembly.GetName().Version?.ToString(3),
            ["machine"] = string.Create(CultureInfo.InvariantCulture, $"{_runtime?.Processor ?? RuntimeInformation.ProcessArchitecture.ToString()}, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}"),
            ["runtime"] = _runtime is null
                ? RuntimeInformation.FrameworkDescription
                : string.Create(CultureInfo.InvariantCulture, $"{_runtime.DotNet}, {_runtime.Device}, {_runtime.Threads} threads, {_runtime.Precision}"),
            ["libraries"] = Libraries(),
        };
        return new Notebook([.. cells], all);
    }

    private static List<NotebookCell> WithParameters(Notebook notebook, IReadOnlyDictionary<string, string> values)
    {
        // A cell that an earlier run put in is replaced, as papermill does.
        var cells = notebook.Cells.Where(cell => !cell.Tags.Contains(ParametersCell.InjectedTag)).ToList();
        var index = cells.FindIndex(cell => cell.Kind == CellKind.Code && cell.Tags.Contains(ParametersCell.Tag));
        if (index < 0) return cells;
        var parameters = ParametersCell.Parse(cells[index].Source);
        var known = values.Where(value => parameters.Names.Contains(value.Key)).ToArray();
        if (known.Length > 0)
        {
            var id = ParametersCell.InjectedTag;
            while (cells.Any(cell => cell.Id == id)) id += "-";
            cells.Insert(index + 1, new NotebookCell(id, CellKind.Code, parameters.Inject(known), ParametersCell.InjectedTag));
        }

        return cells;
    }

    private void Take(WorkerEvent told)
    {
        switch (told)
        {
            case CellStarted started:
                _current = started.Index;
                _counts[_current] = _counts.Count + 1;
                _recorders[_current] = new CellRecorder();
                break;
            case CellStream stream when _current >= 0:
                _recorders[_current].Stream(stream.Name, stream.Text);
                break;
            case CellDisplay { Value: { IsUpdate: true } update }:
                // A cell may show anew what an earlier one showed.
                foreach (var recorder in _recorders.Values) recorder.Update(update);
                break;
            case CellDisplay { Value: var shown } when _current >= 0:
                _recorders[_current].Add(new DisplayOutput(shown.Data, shown.IsResult ? _counts[_current] : null), shown.Id);
                break;
            case WorkerDone done:
                _runtime = done.Runtime;
                return;
            case CellEnded ended:
                if (ended.Error is { } error)
                {
                    _recorders[ended.Index].Add(error);
                    if (FoldedStack.Of(error) is { } stack) _recorders[ended.Index].Add(new DisplayOutput(stack));
                }

                _recorders[ended.Index].End();
                break;
            default:
                return;
        }

        if (_current >= 0) OnProgress?.Invoke(_current + 1, _cells.Count, _recorders[_current].LastLine);
    }

    /// <summary>Writes an error into the cell that was running, or into the first one if none was.</summary>
    private string Close(string name, string message)
    {
        var index = _current >= 0 ? _current : _cells.FindIndex(cell => cell.Kind == CellKind.Code);
        if (index < 0) return message;
        if (!_recorders.TryGetValue(index, out var recorder))
        {
            _counts[index] = 1;
            recorder = _recorders[index] = new CellRecorder();
        }

        recorder.Add(new ErrorOutput(name, message, [message]));
        recorder.End();
        return message;
    }

    /// <summary>The running cell and its first line of code, so that it can be found without counting.</summary>
    private string Where()
    {
        if (_current < 0) return "before the first cell";
        var code = _cells[_current].Source.Split('\n').Select(line => line.Trim())
            .FirstOrDefault(line => line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal) && !line.StartsWith('#'));
        return code is null ? Place(_current) : $"{Place(_current)} `{(code.Length <= 60 ? code : code[..60] + "…")}`";
    }

    /// <summary>Cells are counted as the notebook's author sees them: the one that was put in does not count.</summary>
    private string Place(int index)
    {
        if (index == _injected) return "injected parameters";
        var number = _injected >= 0 && index > _injected ? index : index + 1;
        return string.Create(CultureInfo.InvariantCulture, $"cell {number}");
    }

    private static JsonObject Libraries()
    {
        var build = BuildPackages.Read();
        string[] told = ["TorchSharp", "libtorch-cpu-linux-x64", "libtorch-cpu-win-x64", "libtorch-cpu-osx-arm64", "SkiaSharp", "MathNet.Numerics", "Plotly.NET", "Microsoft.CodeAnalysis.CSharp"];
        return new JsonObject([.. told.Where(name => build.PackageVersion(name) is not null).Select(name => KeyValuePair.Create(name, (JsonNode?)JsonValue.Create(build.PackageVersion(name))))]);
    }

    private static string LastWords(WorkerOutcome outcome)
    {
        var line = outcome.StandardError.Split('\n').Select(text => text.Trim()).FirstOrDefault(text => text.Length > 0);
        var code = string.Create(CultureInfo.InvariantCulture, $"exit code {outcome.ExitCode}");
        // Unix shells and .NET report death by signal N as 128 + N.
        if (outcome.ExitCode is > 128 and < 160) code += string.Create(CultureInfo.InvariantCulture, $", signal {outcome.ExitCode - 128}");
        return line is null ? code : $"{line} ({code})";
    }

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
