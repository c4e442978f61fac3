using Plotly.NET;

namespace ClipTransfer.Plots;

/// <summary>Lines or points over continuous axes, with interval bands and reference lines.</summary>
internal sealed record LineChart(Axis X, Axis Y, IReadOnlyList<Series> Series, IReadOnlyList<ReferenceLine> References, bool Joined, bool Markers) : IChart
{
    public Extent Extent
    {
        get
        {
            var x = Range.Of(Series.SelectMany(series => series.X), X.Log);
            var y = Range.Of(Series.SelectMany(series => series.HasBand ? series.Y.Concat(series.Low!).Concat(series.High!) : series.Y), Y.Log);
            foreach (var line in References)
            {
                if (line.Vertical) x = x.With(Markup.Drawable(line.Value, X.Log));
                else y = y.With(Markup.Drawable(line.Value, Y.Log));
            }

            return new(x, y);
        }
    }

    public Legend Legend => Series.Count > 1 || Series.Any(series => series.HasBand)
        ? new([.. Series.Select(series => series.Name)], !Joined ? SvgCanvas.Key.Marker : Markers ? SvgCanvas.Key.Line : SvgCanvas.Key.Outline)
        : Legend.None;

    public string Describe()
    {
        var lines = Series.Select(series =>
        {
            var points = series.X.Zip(series.Y).Where(point => double.IsFinite(point.First) && double.IsFinite(point.Second)).ToList();
            if (points.Count == 0) return $"{series.Name}: no values";
            if (!Joined) return $"{series.Name}: {points.Count} points, {Y.Title} {Markup.Short(points.Min(p => p.Second))} to {Markup.Short(points.Max(p => p.Second))}";
            var (first, last) = (points[0], points[^1]);
            return $"{series.Name}: from {Markup.Short(first.Second)} at {Markup.Short(first.First)} to {Markup.Short(last.Second)} at {Markup.Short(last.First)}";
        });
        var references = References.Select(line => $"reference line {line.Label} at {Markup.Short(line.Value)}");
        return $"{(Joined ? "Line chart" : "Scatter plot")} of {Y.Label} over {X.Label}. {string.Join("; ", lines.Concat(references))}.";
    }

    public CsvTable ToCsv()
    {
        var bands = Series.Any(series => series.HasBand);
        string[] columns = ["series", X.Column, Y.Column, .. bands ? new[] { "low", "high" } : []];
        var table = new CsvTable(columns);
        foreach (var series in Series)
        {
            for (var i = 0; i < series.X.Count; i++)
            {
                if (bands) table.Add(series.Name, series.X[i], series.Y[i], series.Low?[i], series.High?[i]);
                else table.Add(series.Name, series.X[i], series.Y[i]);
            }
        }

        return table;
    }

    public GenericChart ToPlotly(Extent extent)
    {
        var chart = new PlotlyChart();
        chart.Axis("xaxis", X, extent.X.Shown(X), XTicks(extent));
        chart.Axis("yaxis", Y, extent.Y.Shown(Y, 0.06));
        chart.Layout("showlegend", Legend.Names.Count > 0);
        for (var i = 0; i < Series.Count; i++)
        {
            if (Series[i].HasBand) Band(chart, i);
        }

        for (var i = 0; i < Series.Count; i++) Line(chart, i);
        foreach (var line in References) chart.Reference(line, line.Vertical ? X : Y);
        return chart.Build();
    }

    private IReadOnlyList<(double Value, string Label)>? XTicks(Extent extent) =>
        Joined ? Ticks.OfValues(Series.SelectMany(series => series.X), extent.X.Shown(X), X.Log) : null;

    private void Line(PlotlyChart chart, int index)
    {
        var series = Series[index];
        var many = series.X.Count > 60;
        var mode = Joined ? Markers && !many ? "lines+markers" : "lines" : "markers";
        chart.Add("scatter",
            ("name", Markup.Plotly(series.Name)),
            ("legendgroup", $"s{index}"),
            ("mode", mode),
            ("x", series.X.Select(value => Markup.Drawable(value, X.Log)).ToArray()),
            ("y", series.Y.Select(value => Markup.Drawable(value, Y.Log)).ToArray()),
            ("customdata", series.HasBand ? series.Low!.Zip(series.High!).Select(pair => new[] { Markup.Drawable(pair.First), Markup.Drawable(pair.Second) }).ToArray() : null),
            ("line", Joined ? new { color = Palette.Colour(index), width = 2.2, dash = Palette.Dash(index) } : null),
            ("marker", new
            {
                color = Palette.Colour(index),
                size = Joined ? 7 : many ? 5 : 8,
                symbol = Palette.Marker(index),
                opacity = Joined ? 1 : series.X.Count > 300 ? 0.55 : 0.85,
            }),
            ("hovertemplate", $"{Markup.Plotly(X.Title)} %{{x:.4~g}}<br>{Markup.Plotly(Y.Title)} %{{y:.4~g}}{(series.HasBand ? "<br>interval %{customdata[0]:.4~g} to %{customdata[1]:.4~g}" : "")}"));
    }

    private void Band(PlotlyChart chart, int index)
    {
        foreach (var run in BandRuns(Series[index]))
        {
            chart.Add("scatter",
                ("name", Markup.Plotly(Series[index].Name)),
                ("legendgroup", $"s{index}"),
                ("mode", "lines"),
                ("x", run.Select(point => (double?)point.X).Concat(run.Reverse().Select(point => (double?)point.X)).ToArray()),
                ("y", run.Select(point => (double?)point.High).Concat(run.Reverse().Select(point => (double?)point.Low)).ToArray()),
                ("fill", "toself"),
                ("fillcolor", Palette.Colour(index) + "2E"),
                ("line", new { color = Palette.Colour(index), width = 0.5 }),
                ("hoverinfo", "skip"),
                ("showlegend", false));
        }
    }

    /// <summary>The stretches of a band without gaps.</summary>
    internal IEnumerable<IReadOnlyList<(double X, double Low, double High)>> BandRuns(Series series)
    {
        var run = new List<(double, double, double)>();
        for (var i = 0; i < series.X.Count; i++)
        {
            if (Markup.Drawable(series.X[i], X.Log) is { } x && Markup.Drawable(series.Low![i], Y.Log) is { } low && Markup.Drawable(series.High![i], Y.Log) is { } high)
            {
                run.Add((x, low, high));
                continue;
            }

            if (run.Count > 1) yield return run.ToArray();
            run.Clear();
        }

        if (run.Count > 1) yield return run;
    }

    public void Draw(SvgCanvas canvas, Extent extent)
    {
        var frame = canvas.Frame(X, extent.X.Shown(X), Y, extent.Y.Shown(Y, 0.06), Legend, XTicks(extent));
        for (var i = 0; i < Series.Count; i++)
        {
            if (!Series[i].HasBand) continue;
            foreach (var run in BandRuns(Series[i])) frame.Band(run, i);
        }

        for (var i = 0; i < Series.Count; i++)
        {
            var points = Series[i].X.Zip(Series[i].Y).Select(point => (Markup.Drawable(point.First, X.Log) ?? double.NaN, Markup.Drawable(point.Second, Y.Log) ?? double.NaN)).ToArray();
            if (Joined) frame.Line(points, i);
            if (!Joined || (Markers && points.Length <= 60)) frame.Points(points, i, Joined ? 1 : points.Length > 300 ? 0.55 : 0.85);
        }

        foreach (var line in References) frame.Reference(line);
        frame.Close();
    }
}
