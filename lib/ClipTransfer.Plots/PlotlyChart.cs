using Microsoft.FSharp.Collections;
using Plotly.NET;

namespace ClipTransfer.Plots;

/// <summary>Builds Plotly.NET charts out of traces and a layout in the house style; colours of page and ink are set by the page that shows them.</summary>
internal sealed class PlotlyChart
{
    private readonly List<Trace> _traces = [];
    private readonly List<object> _shapes = [];
    private readonly List<object> _notes = [];
    private readonly Layout _layout = new();

    internal PlotlyChart(int height = 400)
    {
        _layout.SetProperty("height", height);
        _layout.SetProperty("margin", new { l = 64, r = 18, t = 28, b = 56 });
        _layout.SetProperty("legend", new { orientation = "h", x = 0, xanchor = "left", y = 1.02, yanchor = "bottom" });
        _layout.SetProperty("hovermode", "closest");
    }

    /// <summary>Adds a trace of a Plotly type with its properties.</summary>
    internal void Add(string type, params IEnumerable<(string Name, object? Value)> properties)
    {
        var trace = new Trace(type);
        foreach (var (name, value) in properties)
        {
            if (value is not null) trace.SetProperty(name, value);
        }

        _traces.Add(trace);
    }

    internal void Layout(string name, object value) => _layout.SetProperty(name, value);

    /// <summary>A continuous axis over a span.</summary>
    internal void Axis(string name, Axis axis, Range shown, IReadOnlyList<(double Value, string Label)>? ticks = null)
    {
        // plotly.js labels a logarithmic axis 2, 5, 10, 2, 5, 10²: numbers in full read better.
        if (axis.Log) ticks ??= Ticks.Of(shown, log: true);
        _layout.SetProperty(name, new
        {
            title = new { text = string.Join("<br>", Markup.Wrapped(axis.Label, name == "yaxis" ? 36 : 80).Select(Markup.Plotly)), standoff = 10 },
            type = axis.Log ? "log" : "linear",
            range = axis.Log ? new[] { Math.Log10(shown.Min), Math.Log10(shown.Max) } : [shown.Min, shown.Max],
            automargin = true,
            zeroline = false,
            showline = true,
            ticks = "outside",
            ticklen = 4,
            exponentformat = "power",
            tickmode = ticks is null ? "auto" : "array",
            tickvals = ticks?.Select(tick => tick.Value).ToArray(),
            ticktext = ticks?.Select(tick => tick.Label).ToArray(),
        });
    }

    /// <summary>An axis of names.</summary>
    internal void Categories(string name, Axis axis, IEnumerable<string> labels, bool reversed = false) => _layout.SetProperty(name, new
    {
        title = new { text = Markup.Plotly(axis.Label), standoff = 10 },
        type = "category",
        categoryorder = "array",
        categoryarray = labels.Select(Markup.Plotly).ToArray(),
        autorange = reversed ? (object)"reversed" : true,
        automargin = true,
        showline = true,
        showgrid = false,
    });

    /// <summary>A labelled line across the plot.</summary>
    internal void Reference(ReferenceLine line, Axis axis)
    {
        if (Markup.Drawable(line.Value, axis.Log) is null) return;
        var place = axis.Log ? Math.Log10(line.Value) : line.Value;
        var text = Markup.Plotly(line.Label);
        var stroke = new { width = 1.5, dash = "4px,4px" };
        _shapes.Add(line.Vertical
            ? new { type = "line", xref = "x", yref = "paper", x0 = line.Value, x1 = line.Value, y0 = 0, y1 = 1, line = stroke }
            : (object)new { type = "line", xref = "paper", yref = "y", x0 = 0, x1 = 1, y0 = line.Value, y1 = line.Value, line = stroke });
        _notes.Add(line.Vertical
            ? new { xref = "x", yref = "paper", x = place, y = 1, xanchor = "left", yanchor = "top", xshift = 3, text, showarrow = false, font = new { size = 12 } }
            : (object)new { xref = "paper", yref = "y", x = 1, y = place, xanchor = "right", yanchor = "bottom", text, showarrow = false, font = new { size = 12 } });
    }

    internal GenericChart Build()
    {
        if (_shapes.Count > 0)
        {
            _layout.SetProperty("shapes", _shapes);
            _layout.SetProperty("annotations", _notes);
        }

        return GenericChart.NewMultiChart(ListModule.OfSeq(_traces), _layout, new Config(), new DisplayOptions());
    }
}
