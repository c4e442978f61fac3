using System.Text;
using Plotly.NET;

namespace ClipTransfer.Plots;

/// <summary>
/// What a page needs to show figures: style, the script that draws them, plotly.js. Fragments carry style and script (a few kB) so that each stands
/// alone; a report takes them out by their marks and puts each in once.
/// </summary>
public static class PageAssets
{
    private static readonly Lazy<string> _style = new(() => Own("figure.css"));
    private static readonly Lazy<string> _runtime = new(() => Own("figure.js").Replace("/*COLOURS*/", Colours(), StringComparison.Ordinal));
    private static readonly Lazy<string> _plotly = new(ReadPlotly);

    /// <summary>Attribute that marks a style or script element as one of these; its value says which.</summary>
    public const string Mark = "data-cliptransfer";

    /// <summary>Rules for figures, tables and image grids.</summary>
    public static string StyleSheet => _style.Value;

    /// <summary>The script that finds figures on the page and draws them once <c>window.Plotly</c> is there.</summary>
    public static string RuntimeScript => _runtime.Value;

    /// <summary>plotly.js as it lies in Plotly.NET's assembly, wrapped so that it sets <c>window.Plotly</c> also where a module loader is on the page.</summary>
    public static string PlotlyScript => _plotly.Value;

    internal static string Style() => $"<style {Mark}=\"style\">{StyleSheet}</style>";

    internal static string Runtime() => $"<script {Mark}=\"runtime\">{RuntimeScript}</script>";

    internal static string Plotly() => $"<script {Mark}=\"plotly\">{PlotlyScript}</script>";

    private static string Own(string name)
    {
        using var stream = typeof(PageAssets).Assembly.GetManifestResourceStream($"ClipTransfer.Plots.{name}")!;
        return new StreamReader(stream, Encoding.UTF8).ReadToEnd();
    }

    private static string ReadPlotly()
    {
        var assembly = typeof(GenericChart).Assembly;
        var name = assembly.GetManifestResourceNames().Single(name => name.Contains("plotly", StringComparison.Ordinal) && name.EndsWith(".min.js", StringComparison.Ordinal));
        using var stream = assembly.GetManifestResourceStream(name)!;
        var script = new StreamReader(stream, Encoding.UTF8).ReadToEnd();
        return $"if(!window.Plotly)(function(define,exports,module){{{script}\n}})();window.dispatchEvent(new Event(\"cliptransfer-plotly\"));";
    }

    /// <summary>Light colours with their partners on a dark page, as a script's object.</summary>
    private static string Colours() =>
        "{" + string.Join(",", Enumerable.Range(0, Palette.Count).Select(i => $"\"{Palette.Colour(i)}\":\"{Palette.DarkColour(i)}\"")) + "}";
}
