namespace ClipTransfer.Plots;

/// <summary>Makes figures. Every one has named axes, a caption that says what to see, and its data one click away.</summary>
public static class Plot
{
    /// <summary>Lines over a continuous axis.</summary>
    public static Figure Lines(
        string title, Axis x, Axis y, IEnumerable<Series> series, string caption, IEnumerable<ReferenceLine>? references = null, bool markers = true) =>
        One(title, caption, new LineChart(x, y, [.. series.Select(item => item.Checked())], [.. references ?? []], Joined: true, markers));

    /// <summary>Points over two continuous axes.</summary>
    public static Figure Scatter(
        string title, Axis x, Axis y, IEnumerable<Series> series, string caption, IEnumerable<ReferenceLine>? references = null, bool markers = true) =>
        One(title, caption, new LineChart(x, y, [.. series.Select(item => item.Checked())], [.. references ?? []], Joined: false, markers));

    /// <summary>Counts of values in equal bins; groups of different size are drawn as shares.</summary>
    public static Figure Histogram(
        string title, Axis x, IEnumerable<(string Name, IReadOnlyList<double> Values)> groups, string caption, int bins = 40, IEnumerable<ReferenceLine>? references = null) =>
        One(title, caption, new HistogramChart(x, groups, bins, [.. references ?? []]));

    /// <summary>Bars by category, side by side within each, with intervals.</summary>
    /// <exception cref="ArgumentException">There are no bars: an empty chart has no scale.</exception>
    public static Figure Bars(string title, Axis x, Axis y, IEnumerable<Bar> bars, string caption, IEnumerable<ReferenceLine>? references = null)
    {
        Bar[] all = [.. bars];
        if (all.Length == 0) throw new ArgumentException($"the figure '{title}' has no bars", nameof(bars));
        return One(title, caption, new BarChart(x, y, all, [.. references ?? []]));
    }

    /// <summary>A matrix in shades; <c>values[row, column]</c>, the first row on top.</summary>
    public static Figure Heatmap(
        string title, Axis x, Axis y, double[,] values, IReadOnlyList<string> xLabels, IReadOnlyList<string> yLabels, string caption)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.GetLength(0) != yLabels.Count || values.GetLength(1) != xLabels.Count)
        {
            throw new ArgumentException($"Heatmap '{title}': {values.GetLength(0)} x {values.GetLength(1)} values, but {yLabels.Count} row and {xLabels.Count} column labels.");
        }

        return One(title, caption, new HeatmapChart(x, y, values, xLabels, yLabels));
    }

    /// <summary>Figures of one kind on a slider; they share their axes, so that only the data move.</summary>
    public static Figure Knob(string title, string knob, IEnumerable<(string Label, Figure Figure)> steps, string caption)
    {
        var all = steps.Select(step => step.Figure.Panels is [{ HasKnob: false } panel]
            ? new Step(step.Label, panel.Steps[0].Chart)
            : throw new ArgumentException($"Figure '{step.Figure.Title}' cannot stand on the knob '{knob}': it is a grid or has a knob itself.")).ToList();
        if (all.Count == 0) throw new ArgumentException($"Figure '{title}': the knob '{knob}' has no steps.");
        return new(title, caption, [new Panel(title, knob, all)]);
    }

    /// <summary>Figures side by side, one below the other where the page is narrow.</summary>
    public static Figure Grid(string title, IEnumerable<Figure> panels, int columns, string caption)
    {
        var all = panels.SelectMany(figure => figure.Panels).ToList();
        return all.Count > 0 ? new(title, caption, all, columns) : throw new ArgumentException($"Figure '{title}' has no panels.");
    }

    /// <summary>What a notebook's set-up cell shows: puts plotly.js into the page once, from this library, not from a network.</summary>
    public static PlotPage Initialise() => new();

    private static Figure One(string title, string caption, IChart chart) => new(title, caption, [new Panel(title, "", [new Step("", chart)])]);
}
