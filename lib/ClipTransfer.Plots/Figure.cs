using System.Text.Json.Nodes;
using Plotly.NET;

namespace ClipTransfer.Plots;

/// <summary>A figure: one or several plots with a title, a caption that says what to see, words for those who do not see it, and its data.</summary>
/// <remarks>
/// Its HTML holds a static drawing and the Plotly chart. The drawing is what e-mail, print and pages without scripts show; the chart
/// takes its place on a screen as soon as plotly.js is on the page (see <see cref="Plot.Initialise"/>). Nothing is loaded from a network.
/// </remarks>
[TypeFormatterSource(typeof(HtmlFormatterSource))]
public sealed class Figure : IHtml
{
    private readonly Lazy<string> _json;

    internal Figure(string title, string caption, IReadOnlyList<Panel> panels, int columns = 1)
    {
        Title = title;
        Caption = caption;
        Panels = panels;
        Columns = Math.Max(1, Math.Min(columns, panels.Count));
        _json = new(WriteJson);
    }

    /// <summary>The title.</summary>
    public string Title { get; }

    /// <summary>What the reader is to see in it.</summary>
    public string Caption { get; }

    /// <summary>The figure in words.</summary>
    public string AltText => $"{Title}. " + string.Join(" ", Panels.Select(panel => Panels.Count > 1 ? $"{panel.Title}: {panel.Describe()}" : panel.Describe()));

    /// <summary>The Plotly charts: <c>{"columns", "panels": [{"title", "knob", "steps": [{"label", "data", "layout"}]}]}</c>.</summary>
    public string Json => _json.Value;

    /// <summary>The numbers drawn, as comma-separated text.</summary>
    public string Csv => Data.ToString();

    internal IReadOnlyList<Panel> Panels { get; }

    internal int Columns { get; }

    /// <summary>The legend of a figure whose plots all have the same; null otherwise.</summary>
    internal Legend? SharedLegend
    {
        get
        {
            var first = Panels[0].Steps[0].Chart.Legend;
            return Panels.Count > 1 && first.Names.Count > 1 && Panels.SelectMany(panel => panel.Steps).All(step => step.Chart.Legend.Says(first)) ? first : null;
        }
    }

    internal CsvTable Data => Panels.Count == 1
        ? Panels[0].ToCsv()
        : CsvTable.Stack("panel", Panels.Select(panel => (panel.Title, panel.ToCsv())));

    /// <summary>A figure out of a Plotly.NET chart that a notebook made itself.</summary>
    /// <param name="chart">The chart.</param>
    /// <param name="title">The title.</param>
    /// <param name="caption">What the reader is to see in it.</param>
    public static Figure Of(GenericChart chart, string title, string caption) =>
        new(title, caption, [new Panel(title, "", [new Step("", new OwnChart(chart))])]);

    /// <inheritdoc/>
    public string ToHtml() => FigureHtml.Write(this);

    /// <summary>The figure as an SVG file, on white, for pages that show pictures only.</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="panelHeight">Height of one plot in pixels.</param>
    public string ToSvg(int width = 760, int panelHeight = 380) => FigureSvg.Document(this, width, panelHeight);

    /// <summary>The title; a figure is looked at, not printed.</summary>
    public override string ToString() => $"{Title}: {Caption}";

    private string WriteJson()
    {
        var panels = new JsonArray();
        foreach (var panel in Panels)
        {
            var extent = panel.Extent;
            var steps = new JsonArray();
            foreach (var step in panel.Steps)
            {
                var chart = JsonNode.Parse(GenericChart.toFigureJson(step.Chart.ToPlotly(extent)))!;
                steps.Add(new JsonObject { ["label"] = step.Label, ["data"] = chart["data"]!.DeepClone(), ["layout"] = Layout(chart["layout"]!) });
            }

            panels.Add(new JsonObject { ["title"] = panel.Title, ["knob"] = panel.Knob, ["steps"] = steps });
        }

        // The default encoder writes <, > and & as \u escapes: no text can end the script element around it.
        return new JsonObject { ["columns"] = Columns, ["panels"] = panels }.ToJsonString();
    }

    /// <summary>The default template repeats 7 kB of colours that the page's theme sets anyway.</summary>
    private JsonObject Layout(JsonNode layout)
    {
        var copy = layout.DeepClone().AsObject();
        copy.Remove("template");
        if (SharedLegend is not null) copy["showlegend"] = false;
        return copy;
    }
}
