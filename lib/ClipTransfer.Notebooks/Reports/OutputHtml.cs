using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Plots;

namespace ClipTransfer.Notebooks.Reports;

/// <summary>Outputs of a code cell as HTML.</summary>
internal static partial class OutputHtml
{
    private const int LongText = 30;
    private const int ShortTrace = 6;

    internal static string Write(CellOutput output, bool fixedFigures) => output switch
    {
        StreamOutput stream => Stream(stream),
        ErrorOutput error => Error(error),
        DisplayOutput display => Display(display, fixedFigures),
        _ => "",
    };

    private static string Stream(StreamOutput stream)
    {
        var text = Plain(stream.Text).TrimEnd('\n');
        if (text.Length == 0) return "";
        var kind = stream.Name == "stderr" ? "stream stderr" : "stream";
        return $"<pre class=\"{kind}{(text.Count(letter => letter == '\n') > LongText ? " long" : "")}\" tabindex=\"0\">{WebUtility.HtmlEncode(text)}</pre>";
    }

    private static string Error(ErrorOutput error)
    {
        // What our engine tells is short: where, the line, what to do. Another's may be a page of calls.
        var open = error.Traceback.Count <= ShortTrace ? " open" : "";
        var trace = error.Traceback.Count == 0 ? "" : $"<details{open}><summary>Details</summary><pre tabindex=\"0\">{WebUtility.HtmlEncode(Plain(string.Join("\n", error.Traceback)))}</pre></details>";
        return $"<div class=\"error\"><p><strong>{WebUtility.HtmlEncode(error.Name)}</strong> {WebUtility.HtmlEncode(Plain(error.Value))}</p>{trace}</div>";
    }

    private static string Display(DisplayOutput display, bool fixedFigures)
    {
        // How long something took stands with its cell; what did not come to its end keeps its curve.
        if (display.Text("text/html") is { } html) return html.StartsWith("<div class=\"ct-progress\">", StringComparison.Ordinal) ? "" : Fragment(html, fixedFigures);
        foreach (var type in (string[])["image/png", "image/jpeg"])
        {
            if (display.Text(type) is { } picture && Base64().IsMatch(picture))
                return $"<img class=\"picture\" alt=\"{WebUtility.HtmlEncode(display.Text("text/plain") ?? "Picture made by the cell above")}\" src=\"data:{type};base64,{Spaces().Replace(picture, "")}\">";
        }

        if (display.Text("image/svg+xml") is { } drawing)
            return $"<img class=\"picture\" alt=\"{WebUtility.HtmlEncode(display.Text("text/plain") ?? "Drawing made by the cell above")}\" src=\"data:image/svg+xml;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(drawing))}\">";
        var text = Plain(display.Text("text/plain") ?? "");
        return text.Length == 0 ? "" : $"<pre class=\"value{(text.Count(letter => letter == '\n') > LongText ? " long" : "")}\" tabindex=\"0\">{WebUtility.HtmlEncode(text)}</pre>";
    }

    /// <summary>
    /// What a fragment brings for itself (style, script, plotly.js) stands once on the page instead. No other script is taken over; should one slip
    /// through, the page's policy does not run it.
    /// </summary>
    internal static string Fragment(string html, bool fixedFigures)
    {
        html = MarkedStyle().Replace(html, "");
        html = Script().Replace(html, match => !fixedFigures && DataScript().IsMatch(match.Groups["attributes"].Value) ? match.Value : "");
        html = Elsewhere().Replace(html, "");
        html = Handler().Replace(html, "$1");
        if (fixedFigures) html = Knob().Replace(html, "");
        return html.Replace("<p class=\"ct-note\">Figures on this page are interactive.</p>", "", StringComparison.Ordinal).Trim();
    }

    private static string Plain(string text) => Escapes().Replace(text.ReplaceLineEndings("\n"), "");

    [GeneratedRegex("<style\\s+" + PageAssets.Mark + "=\"style\">.*?</style>", RegexOptions.Singleline)]
    private static partial Regex MarkedStyle();

    [GeneratedRegex("<script\\b(?<attributes>[^>]*)>.*?(?:</script\\s*>|$)", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Script();

    [GeneratedRegex("^\\s*type=\"application/json\"\\s+class=\"ct-data\"\\s*$")]
    private static partial Regex DataScript();

    // Inline handlers (onclick=…) are against the page's policy: without them the console stays silent.
    [GeneratedRegex("(<[a-z][^<>]*?)\\son[a-z]+\\s*=\\s*(?:\"[^\"]*\"|'[^']*'|[^\\s>]+)", RegexOptions.IgnoreCase)]
    private static partial Regex Handler();

    // Elements that load, embed or lead away; the policy forbids most of what they do, but not a refresh to another address.
    [GeneratedRegex("</?(?:meta|base|link|iframe|frame|frameset|object|embed|applet|form|portal)\\b[^>]*>", RegexOptions.IgnoreCase)]
    private static partial Regex Elsewhere();

    [GeneratedRegex("<label class=\"ct-knob\">.*?</label>", RegexOptions.Singleline)]
    private static partial Regex Knob();

    [GeneratedRegex("\\x1B\\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Escapes();

    [GeneratedRegex("^[A-Za-z0-9+/=\\s]+$")]
    private static partial Regex Base64();

    [GeneratedRegex("\\s+")]
    private static partial Regex Spaces();
}
