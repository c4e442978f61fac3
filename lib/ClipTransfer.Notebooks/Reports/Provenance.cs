using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ClipTransfer.Notebooks.Documents;

namespace ClipTransfer.Notebooks.Reports;

/// <summary>What ran, with which settings, when, how long: read from the metadata that the runner writes.</summary>
/// <param name="Fields">Names and values for the foot of a report.</param>
/// <param name="Status">How the run ended.</param>
/// <param name="Profile">The profile, or empty.</param>
/// <param name="Seconds">How long it took; null if it is not known.</param>
internal sealed record Provenance(IReadOnlyList<(string Name, string Value)> Fields, string Status, string Profile, double? Seconds)
{
    internal bool Succeeded => Status is "Succeeded" or "";

    internal static Provenance Read(Notebook notebook)
    {
        var fields = new List<(string, string)>();
        var run = notebook.Metadata["cliptransfer"] as JsonObject ?? [];
        Add("Profile", run["profile"]);
        if (Parameter(notebook, "seed") is { } seed) fields.Add(("Seed", seed));
        Add("Data", run["data"], "generated scenes");
        if (run["settings"] is JsonObject { Count: > 0 } settings) fields.Add(("Settings", string.Join(", ", settings.Select(pair => $"{pair.Key} = {pair.Value}"))));
        if (DateTimeOffset.TryParse(run["started"]?.ToString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var started))
            fields.Add(("Run", started.ToUniversalTime().ToString("d MMMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture)));
        double? seconds = run["seconds"] is JsonValue value && value.TryGetValue<double>(out var number) ? number : null;
        if (seconds is { } time) fields.Add(("Took", Duration(time)));
        var status = run["status"]?.ToString() ?? "";
        if (status.Length > 0) fields.Add(("Ended", status == "Succeeded" ? "all cells ran" : status));
        Add("Machine", run["machine"]);
        Add("Runtime", run["runtime"]);
        Add("ClipTransfer", run["version"]);
        if (run["libraries"] is JsonObject { Count: > 0 } libraries) fields.Add(("Libraries", string.Join(" · ", libraries.Select(pair => $"{pair.Key} {pair.Value}"))));
        return new Provenance(fields, status, run["profile"]?.ToString() ?? "", seconds);

        void Add(string name, JsonNode? node, string? missing = null)
        {
            var text = node?.ToString();
            if (string.IsNullOrEmpty(text)) text = run.Count > 0 ? missing : null;
            if (text is not null) fields.Add((name, text));
        }
    }

    /// <summary>The last value that a parameters cell gives a variable.</summary>
    private static string? Parameter(Notebook notebook, string name)
    {
        string? found = null;
        foreach (var cell in notebook.Cells.Where(cell => cell.Tags.Contains("parameters") || cell.Tags.Contains("injected-parameters")))
        {
            foreach (var line in cell.Source.Split('\n'))
            {
                var parts = line.Split('=', 2);
                if (parts.Length == 2 && parts[0].Trim().Split(' ').Last() == name) found = parts[1].Split("//")[0].Trim().TrimEnd(';');
            }
        }

        return found;
    }

    internal static string Duration(double seconds) => seconds switch
    {
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
        < 120 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s"),
        < 7200 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0.0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0.0} h"),
    };

    internal string ToHtml()
    {
        if (Fields.Count == 0) return "";
        var html = new StringBuilder("<dl>");
        foreach (var (name, value) in Fields) html.Append($"<div><dt>{WebUtility.HtmlEncode(name)}</dt><dd>{WebUtility.HtmlEncode(value)}</dd></div>");
        return html.Append("</dl>").ToString();
    }
}
