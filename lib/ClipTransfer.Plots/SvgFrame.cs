using System.Globalization;
using System.Text;

namespace ClipTransfer.Plots;

/// <summary>A pair of axes on an <see cref="SvgCanvas"/> and what is drawn inside them.</summary>
internal sealed class SvgFrame
{
    private readonly SvgCanvas _canvas;
    private readonly Axis _x;
    private readonly Axis _y;
    private readonly Range _xShown;
    private readonly Range _yShown;
    private readonly double _left;
    private readonly double _right;
    private readonly double _top;
    private readonly double _bottom;
    private readonly List<(double X, double Y, string Text, string Anchor)> _notes = [];

    internal SvgFrame(
        SvgCanvas canvas, Axis x, Range xShown, IReadOnlyList<string>? categories, Axis y, Range yShown, Legend legend,
        IReadOnlyList<(double Value, string Label)>? xTicks = null)
    {
        (_canvas, _x, _y, _xShown, _yShown) = (canvas, x, y, xShown, yShown);
        _top = 12 + (canvas.LegendIsShared ? 0 : canvas.DrawLegend(legend));
        _right = canvas.Width - 16;
        var yTicks = Ticks.Of(yShown, y.Log, canvas.Height < 300 ? 4 : 6);
        _left = 40 + ((Markup.Wrapped(y.Label, UprightRoom(canvas)).Count - 1) * 15) + yTicks.Select(tick => SvgCanvas.TextWidth(tick.Label, 12)).DefaultIfEmpty(10).Max();
        var slot = categories is null ? 0 : (_right - _left) / Math.Max(1, categories.Count);
        var turned = categories is not null && categories.Any(name => SvgCanvas.TextWidth(name, 12) > slot * 0.98);
        var xLines = Markup.Wrapped(x.Label, (int)((canvas.Width - 50) / 7.2));
        var under = (xLines.Count - 1) * 15;
        _bottom = canvas.Height - under - (turned ? 34 + Math.Min(110, categories!.Max(name => SvgCanvas.TextWidth(name, 12)) * 0.62) + 8 : 46);

        foreach (var (value, label) in yTicks)
        {
            canvas.Segment(_left, AtY(value), _right, AtY(value), canvas.Grid);
            canvas.Label(_left - 8, AtY(value) + 4, label, "end", 12, canvas.Muted);
        }

        if (categories is null) NumbersBelow(xTicks ?? Ticks.Of(_xShown, _x.Log, _canvas.Width < 460 ? 4 : 7));
        else NamesBelow(categories, slot, turned);
        for (var i = 0; i < xLines.Count; i++) canvas.Label((_left + _right) / 2, canvas.Height - 8 - under + (i * 15), xLines[i], colour: canvas.Ink);
        canvas.UprightLabel((_top + _bottom) / 2, y.Label, canvas.Height - 80);
        canvas.Open(_left, _top, _right - _left, _bottom - _top);
    }

    private static int UprightRoom(SvgCanvas canvas) => (int)((canvas.Height - 80) / 7.2);

    private double AtX(double value) => _left + ((_right - _left) * Share(value, _xShown, _x.Log));

    private double AtY(double value) => _bottom - ((_bottom - _top) * Share(value, _yShown, _y.Log));

    private static double Share(double value, Range shown, bool log) => log
        ? (Math.Log10(value) - Math.Log10(shown.Min)) / (Math.Log10(shown.Max) - Math.Log10(shown.Min))
        : (value - shown.Min) / (shown.Max - shown.Min);

    private void NumbersBelow(IReadOnlyList<(double Value, string Label)> ticks)
    {
        foreach (var (value, label) in ticks)
        {
            _canvas.Segment(AtX(value), _bottom, AtX(value), _bottom + 4, _canvas.Muted);
            _canvas.Label(AtX(value), _bottom + 17, label, size: 12, colour: _canvas.Muted);
        }
    }

    private void NamesBelow(IReadOnlyList<string> names, double slot, bool turned)
    {
        for (var i = 0; i < names.Count; i++)
        {
            var middle = _left + ((i + 0.5) * slot);
            if (turned) _canvas.Label(middle + 4, _bottom + 14, names[i], "end", 12, turn: -38);
            else _canvas.Label(middle, _bottom + 17, names[i], size: 12);
        }
    }

    /// <summary>A line with gaps where a value is missing; long ones keep two points a pixel, the extremes.</summary>
    internal void Line(IReadOnlyList<(double X, double Y)> points, int index)
    {
        var d = new StringBuilder();
        var open = false;
        foreach (var (x, y) in Thinned(points))
        {
            if (!double.IsFinite(x) || !double.IsFinite(y))
            {
                open = false;
                continue;
            }

            d.Append(open ? 'L' : 'M').Append(CultureInfo.InvariantCulture, $"{SvgCanvas.C(AtX(x))},{SvgCanvas.C(AtY(y))}");
            open = true;
        }

        _canvas.Path(d.ToString(), $"fill:none;stroke:{_canvas.Stroke(index)};stroke-width:2.2;stroke-linejoin:round{SvgCanvas.Dashed(Palette.DashArray(index))}");
    }

    private IEnumerable<(double X, double Y)> Thinned(IReadOnlyList<(double X, double Y)> points)
    {
        var columns = (int)(_right - _left);
        if (points.Count <= 2 * columns) return points;
        var size = (points.Count + columns - 1) / columns;
        return points.Chunk(size).SelectMany(chunk =>
        {
            var finite = chunk.Where(point => double.IsFinite(point.Y)).ToArray();
            if (finite.Length == 0) return [chunk[0]];
            var (low, high) = (finite.MinBy(point => point.Y), finite.MaxBy(point => point.Y));
            return low.X <= high.X ? new[] { low, high } : [high, low];
        });
    }

    /// <summary>Points; above two thousand every n-th, so that a page stays light.</summary>
    internal void Points(IReadOnlyList<(double X, double Y)> points, int index, double opacity)
    {
        var step = (points.Count + 1999) / 2000;
        for (var i = 0; i < points.Count; i += Math.Max(1, step))
        {
            if (double.IsFinite(points[i].X) && double.IsFinite(points[i].Y)) _canvas.Marker(AtX(points[i].X), AtY(points[i].Y), index, points.Count > 60 ? 2.6 : 4, opacity);
        }
    }

    internal void Band(IReadOnlyList<(double X, double Low, double High)> run, int index)
    {
        var d = new StringBuilder();
        for (var i = 0; i < run.Count; i++) d.Append(i == 0 ? 'M' : 'L').Append(CultureInfo.InvariantCulture, $"{SvgCanvas.C(AtX(run[i].X))},{SvgCanvas.C(AtY(run[i].High))}");
        for (var i = run.Count - 1; i >= 0; i--) d.Append(CultureInfo.InvariantCulture, $"L{SvgCanvas.C(AtX(run[i].X))},{SvgCanvas.C(AtY(run[i].Low))}");
        _canvas.Path(d.Append('z').ToString(), $"fill:{_canvas.Stroke(index)};fill-opacity:.16;stroke:{_canvas.Stroke(index)};stroke-opacity:.45;stroke-width:.6");
    }

    /// <summary>A closed outline that stands on the floor.</summary>
    internal void Area(IReadOnlyList<(double X, double Y)> outline, int index)
    {
        var d = new StringBuilder();
        for (var i = 0; i < outline.Count; i++) d.Append(i == 0 ? 'M' : 'L').Append(CultureInfo.InvariantCulture, $"{SvgCanvas.C(AtX(outline[i].X))},{SvgCanvas.C(AtY(outline[i].Y))}");
        _canvas.Path(d.ToString(), $"fill:{_canvas.Stroke(index)};fill-opacity:.2;stroke:{_canvas.Stroke(index)};stroke-width:2{SvgCanvas.Dashed(Palette.DashArray(index))}");
    }

    internal void Bar(double from, double to, double value, int index)
    {
        var floor = AtY(_y.Log ? _yShown.Min : Math.Clamp(0, _yShown.Min, _yShown.Max));
        var end = AtY(value);
        var slot = (_right - _left) / _xShown.Max;
        _canvas.Box(_left + (from * slot), Math.Min(floor, end), (to - from) * slot, Math.Abs(floor - end), index);
    }

    internal void Whisker(double place, double low, double high)
    {
        var x = _left + (place * (_right - _left) / _xShown.Max);
        if (Markup.Drawable(low, _y.Log) is null || Markup.Drawable(high, _y.Log) is null) return;
        _canvas.Segment(x, AtY(low), x, AtY(high), _canvas.Ink, 1.6);
        _canvas.Segment(x - 4, AtY(low), x + 4, AtY(low), _canvas.Ink, 1.6);
        _canvas.Segment(x - 4, AtY(high), x + 4, AtY(high), _canvas.Ink, 1.6);
    }

    internal void Reference(ReferenceLine line)
    {
        if (Markup.Drawable(line.Value, line.Vertical ? _x.Log : _y.Log) is null) return;
        if (line.Vertical)
        {
            _canvas.Segment(AtX(line.Value), _top, AtX(line.Value), _bottom, _canvas.Ink, 1.4, "4 4");
            var toLeft = AtX(line.Value) + 6 + SvgCanvas.TextWidth(line.Label, 12) > _right;
            _notes.Add((AtX(line.Value) + (toLeft ? -5 : 5), _top + 13 + (15 * _notes.Count(note => note.Anchor != "end-of-line")), line.Label, toLeft ? "end" : "start"));
        }
        else
        {
            _canvas.Segment(_left, AtY(line.Value), _right, AtY(line.Value), _canvas.Ink, 1.4, "4 4");
            _notes.Add((_right - 4, AtY(line.Value) - 5, line.Label, "end-of-line"));
        }
    }

    /// <summary>Ends the drawing inside the axes; draws the axis lines and the labels of reference lines over it.</summary>
    internal void Close()
    {
        _canvas.Close();
        _canvas.Segment(_left, _bottom, _right, _bottom, _canvas.Muted);
        _canvas.Segment(_left, _top, _left, _bottom, _canvas.Muted);
        foreach (var (x, y, text, anchor) in _notes) _canvas.Label(x, y, text, anchor == "end-of-line" ? "end" : anchor, 12, halo: true);
    }
}
