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

    /// <summary>Starts a run: makes the folder and writes its settings.</summary>
    /// <param name="output">The output folder; the run goes to <c>runs/NAME</c> in it.</param>
    /// <param name="name">The run's name: letters, digits, dots, dashes, plus and underscores.</param>
    /// <param name="head">What the run is for.</param>
    /// <param name="settings">A record with all settings.</param>
    /// <exception cref="InputException">The name is not one, or the folder cannot be written.</exception>
    public static RunDocument Start(string output, string name, RunHead head, object settings)
    {
        if (name.Length == 0 || name[0] == '.' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '+'))
            throw new InputException($"run '{name}'", "is not a run's name", "Use letters, digits, dots, dashes, plus and underscores");
        var run = new RunDocument(Path.Combine(Path.GetFullPath(output), "runs", name));
        var config = new JsonObject
        {
            ["head"] = JsonSerializer.SerializeToNode(head, ResultsJson.Options),
            ["settings"] = JsonSerializer.SerializeToNode(settings, ResultsJson.Options),
            ["machine"] = JsonSerializer.SerializeToNode(TorchRuntime.Describe(), ResultsJson.Options),
            ["version"] = typeof(RunDocument).Assembly.GetName().Version?.ToString(3),
            ["started"] = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
        };
        AtomicFile.WriteText(Path.Combine(run.Folder, "config.json"), config.ToJsonString(ResultsJson.Options) + "\n");
        File.Delete(run.MetricsPath);
        File.Delete(Path.Combine(run.Folder, "summary.json"));
        return run;
    }

    /// <summary>Ends the run: writes its results, whole or not at all.</summary>
    public void Finish(object summary) =>
        AtomicFile.WriteText(Path.Combine(Folder, "summary.json"), JsonSerializer.Serialize(summary, ResultsJson.Options) + "\n");

    /// <summary>The settings record of a file: its head, and the rest under <c>settings</c>.</summary>
    /// <exception cref="InputException">The file is missing, is not JSON, or lacks a part.</exception>
    public static (RunHead Head, TSettings Settings) ReadSettings<TSettings>(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return (Part<RunHead>("head"), Part<TSettings>("settings"));

            T Part<T>(string name) => document.RootElement.TryGetProperty(name, out var part) && part.Deserialize<T>(ResultsJson.Options) is { } value
                ? value
                : throw new InputException(path, $"'{name}' is missing", "See config.json of any run for the shape of a settings file");
        }
        catch (JsonException error)
        {
            throw new InputException($"{path} line {error.LineNumber + 1}", $"not a settings file ({error.Message.Split('.')[0]})", "Correct it; see config.json of any run for its shape", error);
        }
        catch (IOException error)
        {
            throw new InputException(path, error.Message.TrimEnd('.'), "Name an existing settings file", error);
        }
    }
}
