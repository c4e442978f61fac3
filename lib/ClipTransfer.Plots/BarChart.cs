using Plotly.NET;

namespace ClipTransfer.Plots;

/// <summary>Grouped bars with intervals.</summary>
internal sealed record BarChart(Axis X, Axis Y, IReadOnlyList<Bar> Bars, IReadOnlyList<ReferenceLine> References) : IChart
{
    private string[] Categories => [.. Bars.Select(bar => bar.Category).Distinct()];

    private string[] Groups => [.. Bars.Select(bar => bar.Group).Distinct()];

    public Extent Extent
    {
        get
        {
            var y = Range.Of(Bars.SelectMany(bar => new[] { bar.Value, bar.Low ?? double.NaN, bar.High ?? double.NaN }), Y.Log);
            if (!Y.Log) y = y.With(0);
            foreach (var line in References) y = y.With(Markup.Drawable(line.Value, Y.Log));
            return new(new(0, Categories.Length), y);
        }
    }

    /// <summary>Bars stand on the axis: no air under zero.</summary>
    private Range Shown(Range range)
    {
        var shown = range.Shown(Y, 0.06);
        if (Y.Log) return shown;
        return new(Y.Min ?? (range.Min >= 0 ? 0 : shown.Min), Y.Max ?? (range.Max <= 0 ? 0 : shown.Max));
    }

    /// <summary>How much of its place a category fills: few bars stay narrow.</summary>
    private static double Fill(int categories, int groups) => Math.Clamp(categories * groups / 8.0, 0.3, 0.75);

    public Legend Legend => Groups is { Length: > 1 } groups ? new(groups, SvgCanvas.Key.Box) : Legend.None;

    public string Describe() =>
        $"Bar chart of {Y.Label} by {X.Label}. " +
        string.Join("; ", Bars.Select(bar => $"{bar.Category}, {bar.Group}: {Markup.Short(bar.Value)}{(bar is { Low: { } low, High: { } high } ? $" ({Markup.Short(low)} to {Markup.Short(high)})" : "")}")
            .Concat(References.Select(line => $"reference line {line.Label} at {Markup.Short(line.Value)}"))) + ".";

    public CsvTable ToCsv()
    {
        var table = new CsvTable(X.Column, "group", Y.Column, "low", "high");
        foreach (var bar in Bars) table.Add(bar.Category, bar.Group, bar.Value, bar.Low, bar.High);
        return table;
    }

    public GenericChart ToPlotly(Extent extent)
    {
        var chart = new PlotlyChart();
        var groups = Groups;
        chart.Categories("xaxis", X, Categories);
        chart.Axis("yaxis", Y, Shown(extent.Y));
        chart.Layout("barmode", "group");
        chart.Layout("bargap", 1 - Fill(Categories.Length, groups.Length));
        chart.Layout("showlegend", Legend.Names.Count > 0);
        for (var i = 0; i < groups.Length; i++)
        {
            var bars = Bars.Where(bar => bar.Group == groups[i]).ToArray();
            chart.Add("bar",
                ("name", Markup.Plotly(groups[i])),
                ("x", bars.Select(bar => Markup.Plotly(bar.Category)).ToArray()),
                ("y", bars.Select(bar => Markup.Drawable(bar.Value, Y.Log)).ToArray()),
                ("marker", new
                {
                    color = Palette.Colour(i) + "D9",
                    line = new { color = Palette.Colour(i), width = 1.5 },
                    pattern = new { shape = Palette.Hatch(i), fillmode = "replace", fgcolor = Palette.Colour(i), size = 7, solidity = 0.35 },
                }),
                ("error_y", bars.Any(bar => bar.Low is not null && bar.High is not null) ? new
                {
                    type = "data",
                    symmetric = false,
                    array = bars.Select(bar => Markup.Drawable((bar.High ?? bar.Value) - bar.Value)).ToArray(),
                    arrayminus = bars.Select(bar => Markup.Drawable(bar.Value - (bar.Low ?? bar.Value))).ToArray(),
                    thickness = 1.8,
                    width = 5,
                }
                : null),
                ("hovertemplate", $"%{{x}}<br>{Markup.Plotly(Y.Title)} %{{y:.4~g}}"));
        }

        foreach (var line in References) chart.Reference(line with { Vertical = false }, Y);
        return chart.Build();
    }

    public void Draw(SvgCanvas canvas, Extent extent)
    {
        var (categories, groups) = (Categories, Groups);
        var frame = canvas.Frame(X, categories, Y, Shown(extent.Y), Legend);
        foreach (var bar in Bars)
        {
            var (place, group) = (Array.IndexOf(categories, bar.Category), Array.IndexOf(groups, bar.Group));
            var fill = Fill(categories.Length, groups.Length);
            var width = fill / groups.Length;
            var left = place + ((1 - fill) / 2) + (group * width);
            if (Markup.Drawable(bar.Value, Y.Log) is { } value) frame.Bar(left, left + (width * 0.94), value, group);
            if (bar is { Low: { } low, High: { } high }) frame.Whisker(left + (width * 0.47), low, high);
        }

        foreach (var line in References) frame.Reference(line with { Vertical = false });
        frame.Close();
    }
}
