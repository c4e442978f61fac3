using System.Globalization;
using ClipTransfer.Runtime;

namespace ClipTransfer.Plots;

/// <summary>Progress of long work as HTML: a bar, one line, and the curve so far; at the end the line alone.</summary>
/// <param name="state">How far it is.</param>
[TypeFormatterSource(typeof(HtmlFormatterSource))]
public sealed class LiveProgress(ProgressState state) : IHtml
{
    /// <inheritdoc/>
    public string ToHtml()
    {
        var line = Markup.Text(state.Text);
        if (state.Finished) return $"<div class=\"ct-progress\">{line}</div>";
        var bar = state.Total > 0 ? string.Create(CultureInfo.InvariantCulture, $"<progress max=\"{state.Total}\" value=\"{Math.Clamp(state.Done, 0, state.Total)}\" aria-label=\"{line}\"></progress> ") : "";
        return $"{PageAssets.Style()}<div class=\"ct-progress\">{bar}<span>{line}</span>{Curve()}</div>";
    }

    /// <summary>The line.</summary>
    public override string ToString() => state.Text;

    /// <summary>A drawing without a script: it is replaced too often for more.</summary>
    private string Curve()
    {
        if (state.Curve is not { Points.Count: > 1 } curve) return "";
        var chart = new LineChart(
            new Axis(state.Unit, Min: 0, Max: state.Total > 0 ? state.Total : null), new Axis(curve.Name), [new Series(curve.Name, [.. curve.Points.Select(point => point.Done)], [.. curve.Points.Select(point => point.Value)])],
            [], Joined: true, Markers: false);
        return FigureSvg.Inline(new Panel(curve.Name, "", [new Step("", chart)]), 560, 200);
    }
}
