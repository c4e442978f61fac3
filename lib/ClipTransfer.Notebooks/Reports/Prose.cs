using System.Text.RegularExpressions;
using Markdig;
using Markdig.Extensions.Mathematics;
using Markdig.Extensions.Tables;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace ClipTransfer.Notebooks.Reports;

/// <summary>Markdown cells as HTML: headings in order, formulas rendered, links made safe.</summary>
/// <remarks>Raw HTML in Markdown is shown as text: a notebook's prose needs none, and what a data set's name brings along must not become a tag.</remarks>
internal sealed partial class Prose
{
    private static readonly MarkdownPipeline _pipeline = new MarkdownPipelineBuilder()
        .DisableHtml()
        .UsePipeTables(new PipeTableOptions { UseHeaderForColumnCount = true })
        .UseMathematics()
        .UseEmphasisExtras()
        .UseFootnotes()
        .UseAutoLinks()
        .UseSmartyPants()
        .Build();

    private readonly MathRenderer _math;
    private readonly Anchors _anchors;
    private readonly int _top;
    private readonly string _folder;
    private readonly List<Heading> _headings = [];
    private int _level;

    /// <summary>Prose of one notebook.</summary>
    /// <param name="math">Renders its formulas.</param>
    /// <param name="anchors">Names its headings.</param>
    /// <param name="top">The level of the notebook's title on its page.</param>
    /// <param name="folder">Where pictures named by relative paths lie.</param>
    internal Prose(MathRenderer math, Anchors anchors, int top, string folder) =>
        (_math, _anchors, _top, _folder, _level) = (math, anchors, top, folder, top);

    /// <summary>The headings met so far, without the title.</summary>
    internal IReadOnlyList<Heading> Headings => _headings;

    /// <summary>One cell as HTML.</summary>
    internal string Render(string markdown, string place)
    {
        var document = Markdown.Parse(markdown, _pipeline);
        foreach (var link in document.Descendants<LinkInline>().ToList()) Guard(link);
        foreach (var link in document.Descendants<AutolinkInline>().ToList())
        {
            if (!link.IsEmail && !IsSafe(link.Url)) link.ReplaceBy(new LiteralInline($"<{link.Url}>"));
        }

        foreach (var table in document.Descendants<Table>()) table.GetAttributes().AddClass("prose-table");
        foreach (var heading in document.Descendants<HeadingBlock>()) Number(heading, place);
        // A wide table scrolls inside the page of a phone.
        return Write(document, place)
            .Replace("<table class=\"prose-table\">", "<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"Table\"><table class=\"prose-table\">", StringComparison.Ordinal)
            .Replace("</table>", "</table></div>", StringComparison.Ordinal);
    }

    /// <summary>One line of Markdown as HTML without a paragraph around it.</summary>
    internal string RenderLine(string markdown, string place)
    {
        var html = Render(markdown, place).Trim();
        return html.StartsWith("<p>", StringComparison.Ordinal) && html.EndsWith("</p>", StringComparison.Ordinal) && html.IndexOf("<p>", 3, StringComparison.Ordinal) < 0 ? html[3..^4] : html;
    }

    private void Number(HeadingBlock heading, string place)
    {
        // No level is left out on the way down, whatever the notebook does: screen readers navigate by them.
        var level = Math.Clamp(Math.Max(heading.Level, 2) + _top - 1, _top + 1, Math.Min(6, _level + 1));
        (heading.Level, _level) = (level, level);
        var id = _anchors.For(Plain(heading.Inline));
        heading.GetAttributes().Id = id;
        _headings.Add(new Heading(level, id, heading.Inline is null ? "" : Anchorless().Replace(Write(heading.Inline, place), "")));
    }

    private static string Plain(ContainerInline? inline) => inline is null ? "" : string.Concat(inline.Descendants().Select(part => part switch
    {
        LiteralInline literal => literal.Content.ToString(),
        CodeInline code => code.Content,
        MathInline math => math.Content.ToString(),
        _ => "",
    }));

    private void Guard(LinkInline link)
    {
        var url = link.Url ?? "";
        if (link.IsImage)
        {
            link.Url = Picture(url);
            return;
        }

        if (url.EndsWith(".ipynb", StringComparison.OrdinalIgnoreCase) && !url.Contains("://", StringComparison.Ordinal)) url = Path.GetFileNameWithoutExtension(url) + ".html";
        link.Url = IsSafe(url) ? url : "#";
        if (Scheme().IsMatch(url)) link.GetAttributes().AddProperty("rel", "noreferrer noopener");
    }

    /// <summary>Links lead to pages; whatever else a scheme may do, it does not do it from here.</summary>
    private static bool IsSafe(string url) => Scheme().Match(url) is not { Success: true } match || match.Groups[1].Value.ToLowerInvariant() is "http" or "https" or "mailto";

    /// <summary>A picture beside the notebook goes into the page; one from a network does not.</summary>
    private string Picture(string url)
    {
        if (url.StartsWith("data:image/", StringComparison.OrdinalIgnoreCase)) return url;
        var path = Path.Combine(_folder, url);
        var type = Path.GetExtension(url).ToLowerInvariant() switch { ".png" => "png", ".jpg" or ".jpeg" => "jpeg", ".svg" => "svg+xml", ".gif" => "gif", _ => null };
        return type is not null && !url.Contains("://", StringComparison.Ordinal) && File.Exists(path) ? $"data:image/{type};base64,{Convert.ToBase64String(File.ReadAllBytes(path))}" : "data:,";
    }

    private string Write(MarkdownObject document, string place)
    {
        using var writer = new StringWriter();
        var renderer = new HtmlRenderer(writer);
        _pipeline.Setup(renderer);
        renderer.ObjectRenderers.TryRemove<HtmlMathInlineRenderer>();
        renderer.ObjectRenderers.TryRemove<HtmlMathBlockRenderer>();
        renderer.ObjectRenderers.Insert(0, new FormulaInLine(_math, place));
        renderer.ObjectRenderers.Insert(0, new FormulaBlock(_math, place));
        renderer.Render(document);
        writer.Flush();
        return writer.ToString();
    }

    private sealed class FormulaInLine(MathRenderer math, string place) : HtmlObjectRenderer<MathInline>
    {
        protected override void Write(HtmlRenderer renderer, MathInline formula) =>
            renderer.Write(math.Render(formula.Content.ToString(), formula.DelimiterCount > 1, place));
    }

    private sealed class FormulaBlock(MathRenderer math, string place) : HtmlObjectRenderer<MathBlock>
    {
        protected override void Write(HtmlRenderer renderer, MathBlock formula) =>
            renderer.Write("<p>").Write(math.Render(formula.Lines.ToString(), true, place)).Write("</p>\n");
    }

    [GeneratedRegex("^\\s*([A-Za-z][A-Za-z0-9+.-]*):")]
    private static partial Regex Scheme();

    [GeneratedRegex("</?a\\b[^>]*>")]
    private static partial Regex Anchorless();
}
