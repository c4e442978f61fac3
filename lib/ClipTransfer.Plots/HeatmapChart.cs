using System.Globalization;
using Plotly.NET;

namespace ClipTransfer.Plots;

/// <summary>A matrix of values in shades; small ones carry their numbers. The first row stands on top.</summary>
internal sealed record HeatmapChart(Axis X, Axis Y, double[,] Values, IReadOnlyList<string> XLabels, IReadOnlyList<string> YLabels) : IChart
{
    private int Rows => Values.GetLength(0);

    private int Columns => Values.GetLength(1);

    private bool ShowsNumbers => Rows * Columns <= 150 && Columns <= 14;

    public Extent Extent => new(new(0, Columns), Range.Of(Values.Cast<double>()));

    public Legend Legend => Legend.None;

    public string Describe()
    {
        var range = Extent.Y;
        return range.IsEmpty
            ? $"Heatmap of {X.Label} by {Y.Label} without values."
            : $"Heatmap, {Rows} rows ({Y.Label}) by {Columns} columns ({X.Label}), values {Markup.Short(range.Min)} to {Markup.Short(range.Max)}.";
    }

    public CsvTable ToCsv()
    {
        var table = new CsvTable(Y.Column, X.Column, "value");
        for (var row = 0; row < Rows; row++)
        {
            for (var column = 0; column < Columns; column++) table.Add(YLabels[row], XLabels[column], Values[row, column]);
        }

        return table;
    }

    public GenericChart ToPlotly(Extent extent)
    {
        var chart = new PlotlyChart(Math.Clamp(150 + (Rows * (ShowsNumbers ? 30 : 14)), 300, 620));
        // Labels may repeat (two captions with one text): places are numbers, labels their tick texts.
        chart.Layout("xaxis", Places(X, XLabels, false));
        chart.Layout("yaxis", Places(Y, YLabels, true));
        var range = extent.Y.IsEmpty ? new Range(0, 1) : extent.Y;
        var rows = Enumerable.Range(0, Rows).Select(row => Enumerable.Range(0, Columns).Select(column => Markup.Drawable(Values[row, column])).ToArray()).ToArray();
        var names = Enumerable.Range(0, Rows).Select(row => Enumerable.Range(0, Columns).Select(column => $"{Markup.Plotly(YLabels[row])} × {Markup.Plotly(XLabels[column])}").ToArray()).ToArray();
        chart.Add("heatmap",
            ("z", rows),
            ("text", names),
            ("zmin", range.Min),
            ("zmax", range.Max > range.Min ? range.Max : range.Min + 1),
            ("colorscale", Palette.Scale.Select(stop => new object[] { stop.At, $"rgb({stop.R},{stop.G},{stop.B})" }).ToArray()),
            ("colorbar", new { thickness = 12, outlinewidth = 0, len = 0.9 }),
            ("xgap", Columns <= 40 ? 1 : 0),
            ("ygap", Rows <= 40 ? 1 : 0),
            ("hovertemplate", "%{text}<br>%{z:.4~g}<extra></extra>"));
        if (ShowsNumbers) Numbers(chart, range);
        return chart.Build();
    }

    /// <summary>The numbers as a layer of their own: plotly.js gives a heatmap's own texts one ink for all shades.</summary>
    private void Numbers(PlotlyChart chart, Range range)
    {
        var cells = (from row in Enumerable.Range(0, Rows) from column in Enumerable.Range(0, Columns) where double.IsFinite(Values[row, column]) select (row, column)).ToArray();
        chart.Add("scatter",
            ("mode", "text"),
            ("x", cells.Select(cell => cell.column).ToArray()),
            ("y", cells.Select(cell => cell.row).ToArray()),
            ("text", cells.Select(cell => Number(Values[cell.row, cell.column], range)).ToArray()),
            ("textfont", new { size = Columns > 10 ? 11 : 12, color = cells.Select(cell => Palette.InkOn(Shade(Values[cell.row, cell.column], range))).ToArray() }),
            ("hoverinfo", "skip"),
            ("showlegend", false));
    }

    internal static (byte R, byte G, byte B) Shade(double value, Range range) =>
        Palette.OnScale((value - range.Min) / (range.Max > range.Min ? range.Max - range.Min : 1));

    /// <summary>A cell's number: all cells with as many places as the largest needs for three digits.</summary>
    internal static string Number(double value, Range range)
    {
        var largest = Math.Max(Math.Abs(range.Min), Math.Abs(range.Max));
        var places = largest > 0 ? Math.Clamp(2 - (int)Math.Floor(Math.Log10(largest)), 0, 4) : 0;
        return value.ToString("F" + places.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).Replace('-', '\u2212');
    }

    private static object Places(Axis axis, IReadOnlyList<string> labels, bool reversed)
    {
        var shown = ShownLabels(labels.Count).ToArray();
        return new
        {
            title = new { text = Markup.Plotly(axis.Label), standoff = 10 },
            tickmode = "array",
            tickvals = shown,
            ticktext = shown.Select(place => Markup.Plotly(labels[place])).ToArray(),
            range = reversed ? new[] { labels.Count - 0.5, -0.5 } : [-0.5, labels.Count - 0.5],
            automargin = true,
            showgrid = false,
            zeroline = false,
        };
    }

    /// <summary>At most about thirty labels fit.</summary>
    internal static IEnumerable<int> ShownLabels(int count)
    {
        var step = Math.Max(1, (int)Math.Ceiling(count / 30.0));
        return Enumerable.Range(0, count).Where(i => i % step == 0);
    }

    public void Draw(SvgCanvas canvas, Extent extent)
    {
        var range = extent.Y.IsEmpty ? new Range(0, 1) : extent.Y;
        canvas.Matrix(X, Y, Values, XLabels, YLabels, range, ShowsNumbers);
    }
}
