using System.Text.Json;
using System.Text.Json.Nodes;
using ClipTransfer.Runtime;

namespace ClipTransfer.Results;

/// <summary>The head of a settings file: what the run is for, so that its folder can be understood alone.</summary>
/// <param name="Paper">The paper item it serves, for example <c>Table 1</c>.</param>
/// <param name="Hardware">What it was written for, for example <c>2 CPU cores</c>.</param>
/// <param name="Duration">How long it takes there, for example <c>4 minutes</c>.</param>
/// <param name="Expect">The number to expect, for example <c>zero-shot 60 to 80 %</c>.</param>
public sealed record RunHead(string Paper, string Hardware, string Duration, string Expect);

/// <summary>A run as a document: one folder with <c>config.json</c>, <c>metrics.jsonl</c> and <c>summary.json</c>. Tables and figures read only these.</summary>
public sealed class RunDocument
{
    private RunDocument(string folder) => Folder = folder;

    /// <summary>The run's folder.</summary>
    public string Folder { get; }

    /// <summary>Where the step log goes, one JSON object a line.</summary>
    public string MetricsPath => Path.Combine(Folder, "metrics.jsonl");

    /// <summary>Head, settings, machine, version, and when it started.</summary>
    public string ConfigPath => Path.Combine(Folder, "config.json");

    /// <summary>The results; there once the run has ended.</summary>
    public string SummaryPath => Path.Combine(Folder, "summary.json");

    /// <summary>Starts a run: makes the folder and writes its settings.</summary>
    /// <param name="output">The output folder; the run goes to <c>runs/NAME</c> in it.</param>
    /// <param name="name">The run's name: letters, digits, dots, dashes, plus and underscores.</param>
    /// <param name="head">What the run is for.</param>
    /// <param name="settings">A record with all settings.</param>
    /// <exception cref="InputException">The name is not one, or the folder cannot be written.</exception>
    public static RunDocument Start(string output, string name, RunHead head, object settings)
    {
        var run = At(output, name);
        Start(run, head, settings);
        return run;
    }

    internal static void Start(RunDocument run, RunHead head, object settings)
    {
        var config = new JsonObject
        {
            ["head"] = JsonSerializer.SerializeToNode(head, ResultsJson.Options),
            ["settings"] = JsonSerializer.SerializeToNode(settings, ResultsJson.Options),
            ["machine"] = JsonSerializer.SerializeToNode(TorchRuntime.Describe(), ResultsJson.Options),
            ["version"] = typeof(RunDocument).Assembly.GetName().Version?.ToString(3),
            ["started"] = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
        };
        AtomicFile.WriteText(run.ConfigPath, config.ToJsonString(ResultsJson.Options) + "\n");
        File.Delete(run.MetricsPath);
        File.Delete(run.SummaryPath);
    }

    /// <summary>A run by its name, whether or not it was started; nothing is written.</summary>
    /// <exception cref="InputException">The name is not one.</exception>
    public static RunDocument At(string output, string name)
    {
        if (name.Length == 0 || name[0] == '.' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '+'))
            throw new InputException($"run '{name}'", "is not a run's name", "Use letters, digits, dots, dashes, plus and underscores");
        return new RunDocument(Path.Combine(Path.GetFullPath(output), "runs", name));
    }

    /// <summary>Ends the run: writes its results, whole or not at all.</summary>
    public void Finish(object summary) =>
        AtomicFile.WriteText(SummaryPath, JsonSerializer.Serialize(summary, ResultsJson.Options) + "\n");
}
