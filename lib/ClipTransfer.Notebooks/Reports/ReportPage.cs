using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using ClipTransfer.Plots;

namespace ClipTransfer.Notebooks.Reports;

/// <summary>The page around one or more articles: style, policy, bars, table of contents, scripts.</summary>
internal static partial class ReportPage
{
    private static readonly Lazy<string> _plotly = new(() => PackedScript.Packet(PageAssets.PlotlyScript));

    /// <summary>A whole HTML document.</summary>
    /// <param name="title">The page's title as text.</param>
    /// <param name="bar">What stands in the bar on top.</param>
    /// <param name="contents">The table of contents; empty for none.</param>
    /// <param name="main">What stands in the main element.</param>
    /// <param name="options">Whether the page has scripts.</param>
    internal static string Write(string title, string bar, string contents, string main, ReportOptions options)
    {
        var figures = main.Contains("class=\"ct-data\"", StringComparison.Ordinal);
        string[] scripts = options.Static ? [] : figures ? [ReportAssets.Text("report.js"), PackedScript.Loader, PageAssets.RuntimeScript] : [ReportAssets.Text("report.js")];
        var html = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        html.Append($"<meta http-equiv=\"Content-Security-Policy\" content=\"{Policy(scripts.Contains(PackedScript.Loader) ? [.. scripts, PageAssets.PlotlyScript] : scripts, main)}\">\n");
        html.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n");
        html.Append($"<title>{WebUtility.HtmlEncode(title)}</title>\n<link rel=\"icon\" href=\"data:,\">\n");
        html.Append($"<style>{KatexStyle.For(main + contents)}\n{PageAssets.StyleSheet}\n{ReportAssets.Text("report.css")}</style>\n");
        if (scripts.Length > 0) html.Append($"<script>{scripts[0]}</script>\n");
        html.Append("</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the text</a>\n");
        html.Append($"<header class=\"bar\">{bar}");
        if (scripts.Length > 0)
        {
            var code = main.Contains("<details", StringComparison.Ordinal) ? "<button type=\"button\" id=\"code-button\" aria-pressed=\"false\">Show code</button>" : "";
            html.Append($"<div class=\"tools\">{code}<button type=\"button\" id=\"theme-button\" aria-label=\"Change colours: dark or light\">Dark / light</button></div>");
        }

        html.Append("</header>\n<div class=\"page\">\n");
        if (contents.Length > 0)
            html.Append($"<nav class=\"contents\" aria-label=\"Contents\"><details open><summary>Contents</summary>{contents}</details></nav>\n");
        html.Append($"<main id=\"main\" tabindex=\"-1\">\n{main}</main>\n</div>\n");
        if (scripts.Contains(PackedScript.Loader)) html.Append($"{_plotly.Value}\n");
        foreach (var script in scripts.Skip(1)) html.Append($"<script>{script}</script>\n");
        return html.Append("</body>\n</html>\n").ToString();
    }

    /// <summary>Nothing is loaded from anywhere, and only the scripts that this page was made with run.</summary>
    private static string Policy(string[] scripts, string main)
    {
        var allowed = scripts.Length == 0 ? "'none'" : string.Join(' ', scripts.Select(script => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'"));
        // plotly.js compiles its WebGL programs at run time; only a reader's own 3-D charts have them.
        if (scripts.Length > 0 && WebGl().IsMatch(main)) allowed += " 'unsafe-eval'";
        return $"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'";
    }

    [GeneratedRegex("\"type\":\"(?:[a-z]+gl|[a-z]+3d|surface|cone|streamtube|volume|isosurface|splom|parcoords)\"")]
    private static partial Regex WebGl();
}
