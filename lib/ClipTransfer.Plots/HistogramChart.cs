using Plotly.NET;

namespace ClipTransfer.Plots;

/// <summary>Counts of values in equal bins, one outline a group; shares where the groups differ in size.</summary>
internal sealed record HistogramChart : IChart
{
    private readonly Axis _x;
    private readonly Axis _y;
    private readonly IReadOnlyList<ReferenceLine> _references;
    private readonly double[] _edges;
    private readonly (string Name, int Total, int[] Counts, double Mean)[] _groups;
    private readonly bool _shares;

    internal HistogramChart(Axis x, IEnumerable<(string Name, IReadOnlyList<double> Values)> groups, int bins, IReadOnlyList<ReferenceLine> references)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        _x = x;
        _references = references;
        var finite = groups.Select(group => (group.Name, Values: group.Values.Where(value => Markup.Drawable(value, x.Log) is not null).ToArray())).ToArray();
        var range = Range.Of(finite.SelectMany(group => group.Values), x.Log);
        range = range.IsEmpty ? new(x.Log ? 1 : 0, x.Log ? 10 : 1) : range.Min < range.Max ? range : range.Shown(x, 0.5);
        _edges = [.. Enumerable.Range(0, bins + 1).Select(i => Edge(range, (double)i / bins))];
        _groups = [.. finite.Select(group => (group.Name, group.Values.Length, Count(group.Values, range, bins), group.Values.Length == 0 ? double.NaN : group.Values.Average()))];
        _shares = _groups.Select(group => group.Total).Distinct().Count() > 1;
        _y = _shares ? new Axis("Share of the group", "%", Min: 0) : new Axis("Count", Min: 0);
    }

    /// <summary>Bin edges, one more than bins.</summary>
    internal IReadOnlyList<double> Edges => _edges;

    /// <summary>Counts of the group at <paramref name="index"/>.</summary>
    internal IReadOnlyList<int> Counts(int index) => _groups[index].Counts;

    public Extent Extent
    {
        get
        {
            var x = Range.Of(_edges, _x.Log);
            foreach (var line in _references) x = x.With(Markup.Drawable(line.Value, _x.Log));
            return new(x, Range.Of(Enumerable.Range(0, _groups.Length).SelectMany(Heights)).With(0));
        }
    }

    private double Edge(Range range, double share) =>
        _x.Log ? Math.Pow(10, double.Lerp(Math.Log10(range.Min), Math.Log10(range.Max), share)) : double.Lerp(range.Min, range.Max, share);

    private int[] Count(double[] values, Range range, int bins)
    {
        var counts = new int[bins];
        var (low, high) = _x.Log ? (Math.Log10(range.Min), Math.Log10(range.Max)) : (range.Min, range.Max);
        foreach (var value in values)
        {
            var place = ((_x.Log ? Math.Log10(value) : value) - low) / (high - low) * bins;
            counts[Math.Clamp((int)place, 0, bins - 1)]++;
        }

        return counts;
    }

    private IEnumerable<double> Heights(int group) =>
        _groups[group].Counts.Select(count => _shares ? 100.0 * count / Math.Max(1, _groups[group].Total) : count);

    public Legend Legend => _groups.Length > 1 ? new([.. _groups.Select(group => group.Name)], SvgCanvas.Key.Outline) : Legend.None;

    public string Describe() =>
        $"Histogram of {_x.Label} in {_edges.Length - 1} bins. " +
        string.Join("; ", _groups.Select(group => $"{group.Name}: {group.Total} values, mean {Markup.Short(group.Mean)}")
            .Concat(_references.Select(line => $"reference line {line.Label} at {Markup.Short(line.Value)}"))) + ".";

    public CsvTable ToCsv()
    {
        var table = new CsvTable("group", "bin from", "bin to", "count", "of");
        foreach (var group in _groups)
        {
            for (var i = 0; i < group.Counts.Length; i++) table.Add(group.Name, _edges[i], _edges[i + 1], group.Counts[i], group.Total);
        }

        return table;
    }

    public GenericChart ToPlotly(Extent extent)
    {
        var chart = new PlotlyChart();
        chart.Axis("xaxis", _x, extent.X.Shown(_x, 0.02));
        chart.Axis("yaxis", _y, extent.Y.Shown(_y, 0.06));
        chart.Layout("showlegend", Legend.Names.Count > 0);
        for (var i = 0; i < _groups.Length; i++)
        {
            var outline = Outline(i).ToArray();
            chart.Add("scatter",
                ("name", Markup.Plotly(_groups[i].Name)),
                ("mode", "lines"),
                ("x", outline.Select(point => point.X).ToArray()),
                ("y", outline.Select(point => point.Y).ToArray()),
                ("fill", "tozeroy"),
                ("fillcolor", Palette.Colour(i) + "38"),
                ("line", new { color = Palette.Colour(i), width = 2, dash = Palette.Dash(i) }),
                ("hovertemplate", $"{Markup.Plotly(_x.Title)} %{{x:.4~g}}<br>{_y.Title} %{{y:.4~g}}"));
        }

        foreach (var line in _references) chart.Reference(line with { Vertical = true }, _x);
        return chart.Build();
    }

    /// <summary>The outline of a group's bars, from the floor up and back to it.</summary>
    private IEnumerable<(double X, double Y)> Outline(int group)
    {
        yield return (_edges[0], 0);
        var i = 0;
        foreach (var height in Heights(group))
        {
            yield return (_edges[i++], height);
            yield return (_edges[i], height);
        }

        yield return (_edges[^1], 0);
    }

    public void Draw(SvgCanvas canvas, Extent extent)
    {
        var frame = canvas.Frame(_x, extent.X.Shown(_x, 0.02), _y, extent.Y.Shown(_y, 0.06), Legend);
        for (var i = 0; i < _groups.Length; i++) frame.Area([.. Outline(i)], i);
        foreach (var line in _references) frame.Reference(line with { Vertical = true });
        frame.Close();
    }
}
