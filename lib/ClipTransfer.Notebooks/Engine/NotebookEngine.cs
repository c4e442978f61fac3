using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>Runs the cells of one notebook, one after the other, in this process.</summary>
/// <remarks>The runner's worker and every other front end run cells through this one type. A process has one engine, since it owns the console.</remarks>
public sealed class NotebookEngine
{
    private readonly string _folder;
    private readonly BuildPackages _build;
    private readonly CodeSession _session;
    private readonly PackageRestore _restore;
    private readonly PackageLoader _loader;
    private readonly Dictionary<string, PackageReference> _restored = new(StringComparer.OrdinalIgnoreCase);
    private readonly Stack<string> _imports = new();
    private CancellationToken _abort;

    /// <summary>Makes an engine for notebooks of one folder.</summary>
    /// <param name="folder">Where relative imports and nuget.config are looked for.</param>
    public NotebookEngine(string folder)
    {
        _folder = Path.GetFullPath(folder);
        _build = BuildPackages.Read();
        _session = new CodeSession(_build.Framework);
        _restore = new PackageRestore(_folder);
        _loader = new PackageLoader(_build);
        ConsoleCapture.Install();
        ProgressLine.Views = () => CellOutputs.Current is { } outputs ? new CellProgress(outputs) : null;
    }

    /// <summary>Gets the compiler ready; may run beside other work before the first cell.</summary>
    public void WarmUp() => _session.WarmUp();

    /// <summary>What could stand at a place in a cell.</summary>
    /// <param name="source">The cell's text.</param>
    /// <param name="position">The place, counted in UTF-16 units.</param>
    public CompletionList Complete(string source, int position) => CodeCompletion.At(_session.Analyse(CellSource.CodeInPlace(source)), position);

    /// <summary>What is known of the name at a place in a cell: its declaration and its documentation; null if there is none.</summary>
    public string? Inspect(string source, int position) => CodeInspection.At(_session.Analyse, CellSource.CodeInPlace(source), position);

    /// <summary>The value of an expression, as a running cell would show it.</summary>
    /// <exception cref="CompileException">It is no expression.</exception>
    public async Task<IReadOnlyDictionary<string, JsonNode>> EvaluateAsync(string expression) =>
        ValueFormatter.Format((await _session.RunAsync(expression, "expression").ConfigureAwait(false)).Value);

    /// <summary>Runs one cell.</summary>
    /// <param name="source">The cell's text.</param>
    /// <param name="place">What errors call the cell, for example <c>cell 7</c>.</param>
    /// <param name="outputs">Takes what the cell shows while it runs.</param>
    /// <param name="abort">Ends the cell wherever it is: the last resort for one that does not listen to <see cref="Interrupt"/>.</param>
    /// <returns>What stopped it, or null if it ran to its end.</returns>
    public async Task<ErrorOutput?> RunCellAsync(string source, string place, CellOutputs outputs, CancellationToken abort = default)
    {
        CellOutputs.Current = outputs;
        _abort = abort;
        try
        {
            return await RunSourceAsync(source, place, _folder, outputs).ConfigureAwait(false);
        }
        finally
        {
            _abort = default;
            ConsoleCapture.Flush();
            CellOutputs.Current = null;
        }
    }

    private async Task<ErrorOutput?> RunSourceAsync(string source, string place, string folder, CellOutputs? outputs)
    {
        source = source.ReplaceLineEndings("\n");
        var watch = Stopwatch.StartNew();
        var timed = false;
        try
        {
            var cell = CellSource.Parse(source);
            timed = cell.Timed;
            if (cell.Packages.Count > 0) await AddPackagesAsync(cell.Packages).ConfigureAwait(false);
            if (cell.Import is { } file) return await ImportAsync(file, folder).ConfigureAwait(false);
            if (!cell.HasCode) return null;
            var result = await _session.RunAsync(cell.Code, place, _abort).ConfigureAwait(false);
            // What Display() returns stands there already.
            if (result is { HasValue: true, Value: not DisplayedValue } && outputs is not null) outputs.Display(new ShownValue(ValueFormatter.Format(result.Value), IsResult: true));
            return null;
        }
        catch (OperationCanceledException) when (Interrupt.Token.IsCancellationRequested || _abort.IsCancellationRequested)
        {
            return new ErrorOutput("Interrupted", $"{place}: stopped by the user", [$"{place}: stopped by the user"]);
        }
#pragma warning disable CA1031 // Whatever a cell throws is that cell's output.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return ErrorFormatter.Describe(error, place, source);
        }
        finally
        {
            if (timed)
            {
                var elapsed = string.Create(CultureInfo.InvariantCulture, $"Wall time: {watch.Elapsed.TotalMilliseconds:f1} ms");
                outputs?.Display(new ShownValue(new Dictionary<string, JsonNode> { ["text/plain"] = JsonValue.Create(elapsed) }));
            }
        }
    }

    private async Task AddPackagesAsync(IReadOnlyList<PackageReference> packages)
    {
        var added = new List<string>();
        foreach (var package in packages)
        {
            if (BuildPackages.Serves(package.Name))
            {
                _session.Add(_build.Resolve(package).References);
                continue;
            }

            if (_restored.TryGetValue(package.Name, out var before) && before.Version != package.Version)
                throw new InputException($"#r \"nuget: {package.Name}, {package.Version}\"", $"version {before.Version} is already loaded", "Ask for one version, or restart the notebook");
            if (_restored.TryAdd(package.Name, package)) added.Add(package.Name);
        }

        if (added.Count == 0) return;
        try
        {
            // All packages of the notebook at once, so that they agree on what they share.
            var assets = await _restore.RestoreAsync(_restored.Values, Interrupt.Token).ConfigureAwait(false);
            _loader.Add(assets);
            _session.Add(assets.References);
        }
        catch
        {
            foreach (var name in added) _restored.Remove(name);
            throw;
        }
    }

    private async Task<ErrorOutput?> ImportAsync(string file, string folder)
    {
        var path = Path.GetFullPath(Path.Combine(folder, file));
        if (Path.IsPathRooted(file)) throw new InputException($"#!import {file}", "the path is not relative to the notebook", "Move the file beside the notebook");
        if (_imports.Contains(path)) throw new InputException($"#!import {file}", "the file imports itself", "Break the circle");
        if (!File.Exists(path)) throw new InputException($"#!import {file}", $"there is no file {path}", "Check the path: it is relative to the file that imports");

        var inside = Path.GetDirectoryName(path)!;
        _imports.Push(path);
        try
        {
            switch (Path.GetExtension(path).ToLowerInvariant())
            {
                case ".cs":
                    return await RunSourceAsync(await File.ReadAllTextAsync(path).ConfigureAwait(false), file, inside, CellOutputs.Current).ConfigureAwait(false);
                case ".ipynb":
                    var number = 0;
                    foreach (var cell in NotebookReader.Read(path).Cells)
                    {
                        number++;
                        if (cell.Kind != CellKind.Code) continue;
                        var place = string.Create(CultureInfo.InvariantCulture, $"{file} cell {number}");
                        if (await RunSourceAsync(cell.Source, place, inside, CellOutputs.Current).ConfigureAwait(false) is { } error) return error;
                    }

                    return null;
                default:
                    throw new InputException($"#!import {file}", "only .cs and .ipynb files can be imported", "Rename it, or pack it as a library");
            }
        }
        finally
        {
            _imports.Pop();
        }
    }
}
