using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ClipTransfer.Notebooks.Documents;

namespace ClipTransfer.Notebooks.Reports;

/// <summary>Builds an <see cref="Article"/> cell by cell.</summary>
internal sealed partial class ArticleBuilder
{
    private readonly Notebook _notebook;
    private readonly string _name;
    private readonly Prose _prose;
    private readonly Anchors _anchors;
    private readonly string _anchorPrefix;
    private readonly HashSet<string> _cards = [];
    private readonly bool _fixedFigures;
    private readonly StringBuilder _body = new();
    private Failure? _failure;
    private string? _title;
    private string _lead = "";

    internal ArticleBuilder(Notebook notebook, string path, MathRenderer math, int top, string anchorPrefix, bool fixedFigures)
    {
        _notebook = notebook;
        _name = Path.GetFileNameWithoutExtension(path);
        _anchors = new Anchors(anchorPrefix);
        _anchorPrefix = anchorPrefix;
        _prose = new Prose(math, _anchors, top, Path.GetDirectoryName(Path.GetFullPath(path))!);
        _fixedFigures = fixedFigures;
    }

    internal Article Build()
    {
        var (code, number) = (new List<(NotebookCell, string)>(), 0);
        foreach (var cell in _notebook.Cells)
        {
            // Cells count as their author sees them: the one that the runner put in does not.
            var injected = cell.Tags.Contains("injected-parameters");
            if (!injected) number++;
            var place = injected ? "injected parameters" : string.Create(CultureInfo.InvariantCulture, $"cell {number}");
            if (cell.Kind == CellKind.Markdown) Text(cell.Source, $"{_name} {place}");
            else if (cell.Kind == CellKind.Code) Code(cell, place);
        }

        // The page shows the number by itself.
        var title = _title ?? _name;
        if (title.Length > 3 && _name.StartsWith(title[..2] + "-", StringComparison.Ordinal)) title = title[2..].TrimStart(' ', '.', ':', '·');
        var provenance = Provenance.Read(_notebook);
        _failure ??= provenance.Succeeded ? null : new Failure($"The run ended early: {provenance.Status}.", null);
        return new Article(_name, _prose.RenderLine(title, $"{_name} title"), PlainTitle(title), _lead, _body.ToString(), _prose.Headings, provenance, _failure);
    }

    private void Text(string source, string place)
    {
        var first = false;
        if (_title is null && Title().Match(source) is { Success: true } match)
        {
            _title = match.Groups[1].Value.Trim();
            source = source[..match.Index] + source[(match.Index + match.Length)..];
            first = true;
        }

        var html = _prose.Render(source, place);
        if (first && FirstParagraph().Match(html) is { Success: true } paragraph) _lead = paragraph.Groups[1].Value;
        _body.Append($"<div class=\"text{(first ? " opening" : "")}\">{html}</div>\n");
    }

    private void Code(NotebookCell cell, string place)
    {
        var id = _anchors.For(place);
        var error = cell.Outputs.OfType<ErrorOutput>().FirstOrDefault();
        if (error is not null) _failure ??= new Failure($"{char.ToUpperInvariant(place[0])}{place[1..]}: {error.Name}: {error.Value}", id);
        var outputs = cell.Outputs.Select(output => OutputHtml.Write(output, _fixedFigures)).Where(html => html.Length > 0).ToList();
        _body.Append($"<div class=\"code{(error is null ? "" : " failed")}{(outputs.Count == 0 ? " quiet" : "")}\" id=\"{id}\">");
        if (cell.Source.Trim().Length > 0)
        {
            _body.Append($"<details{(error is null ? "" : " open")}><summary><span class=\"which\">{Capital(place)}</span> <code>{WebUtility.HtmlEncode(Gist(cell.Source))}</code>{Time(cell)}</summary>");
            _body.Append($"<pre tabindex=\"0\"><code>{CodeHighlighter.CSharp(cell.Source)}</code></pre></details>");
        }

        foreach (var html in outputs) _body.Append($"<div class=\"output\">{CardAnchor().Replace(html, Unique)}</div>");
        _body.Append("</div>\n");
    }

    /// <summary>A verdict's card has an anchor of its own; shown a second time, it has none.</summary>
    private string Unique(Match card) => _cards.Add(card.Groups[1].Value) ? $" id=\"{_anchorPrefix}{card.Groups[1].Value}\"" : "";

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    /// <summary>The first line that says something: a comment's words, else code.</summary>
    private static string Gist(string source)
    {
        var lines = source.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0).ToList();
        var line = lines.FirstOrDefault(line => !line.StartsWith("using ", StringComparison.Ordinal)) ?? lines[0];
        var rest = lines.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $" … {lines.Count} lines") : "";
        return (line.Length > 80 ? line[..80] + "…" : line) + (line.Length > 60 ? "" : rest);
    }

    private static string Time(NotebookCell cell)
    {
        if (cell.Metadata["execution"] is not JsonObject times) return "";
        if (!Instant(times["iopub.execute_input"], out var from) || !Instant(times["shell.execute_reply"], out var to)) return "";
        var seconds = (to - from).TotalSeconds;
        return seconds < 0.05 ? "" : string.Create(CultureInfo.InvariantCulture, $" <span class=\"time\">{(seconds < 10 ? $"{seconds:0.0}" : $"{seconds:0}")} s</span>");

        static bool Instant(JsonNode? node, out DateTimeOffset time) =>
            DateTimeOffset.TryParse(node?.ToString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
    }

    private static string PlainTitle(string title) => Marks().Replace(title, "");

    [GeneratedRegex("^# +(.+?)\\s*#*\\s*$", RegexOptions.Multiline)]
    private static partial Regex Title();

    [GeneratedRegex("<p>(.*?)</p>", RegexOptions.Singleline)]
    private static partial Regex FirstParagraph();

    [GeneratedRegex(" id=\"(claim-[a-z0-9-]+)\"")]
    private static partial Regex CardAnchor();

    [GeneratedRegex("[*_`$\\\\]")]
    private static partial Regex Marks();
}
