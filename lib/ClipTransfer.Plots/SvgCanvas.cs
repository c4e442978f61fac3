using System.Globalization;
using System.Text;

namespace ClipTransfer.Plots;

/// <summary>Draws one chart as SVG: no browser, no script, the same bytes every time.</summary>
/// <remarks>
/// Inside a page the colours are CSS variables with a fallback, so that the page's theme reaches them; a file of its own has fixed
/// colours on white. Nothing uses an <c>id</c>, so that any number of drawings share a page.
/// </remarks>
internal sealed class SvgCanvas
{
    private readonly StringBuilder _body = new();
    private readonly bool _fixed;

    internal SvgCanvas(double width, double height, bool fixedColours)
    {
        Width = width;
        Height = height;
        _fixed = fixedColours;
    }

    /// <summary>What a legend entry shows before its name.</summary>
    internal enum Key
    {
        Line,
        Outline,
        Marker,
        Box,
    }

    internal double Width { get; }

    internal double Height { get; private set; }

    internal string Ink => _fixed ? "#1b1f24" : "var(--ct-ink,#1b1f24)";

    internal string Muted => _fixed ? "#57606a" : "var(--ct-muted,#57606a)";

    internal string Grid => _fixed ? "#e3e6ea" : "var(--ct-grid,#e3e6ea)";

    internal string Stroke(int index) => _fixed ? Palette.Colour(index) : $"var(--ct-s{index % Palette.Count},{Palette.Colour(index)})";

    /// <summary>The drawing without its outer element.</summary>
    internal string Body => _body.ToString();

    internal void Raw(FormattableString element) => _body.Append(element.ToString(CultureInfo.InvariantCulture));

    internal void Open(double x, double y, double width, double height) =>
        Raw($"<svg x=\"{C(x)}\" y=\"{C(y)}\" width=\"{C(width)}\" height=\"{C(height)}\" viewBox=\"{C(x)} {C(y)} {C(width)} {C(height)}\">");

    internal void Close() => _body.Append("</svg>");

    internal void Label(double x, double y, string text, string anchor = "middle", double size = 13, string? colour = null, double turn = 0, bool bold = false, bool halo = false)
    {
        var around = halo ? $";paint-order:stroke;stroke:{(_fixed ? "#fff" : "var(--ct-page,Canvas)")};stroke-width:3.5px;stroke-linejoin:round" : "";
        var rotation = turn == 0 ? "" : $" transform=\"rotate({C(turn)} {C(x)} {C(y)})\"";
        Raw($"<text x=\"{C(x)}\" y=\"{C(y)}\" font-size=\"{C(size)}\" text-anchor=\"{anchor}\" style=\"fill:{colour ?? Ink}{around}\"{(bold ? " font-weight=\"600\"" : "")}{rotation}>{Markup.Text(text)}</text>");
    }

    internal void Segment(double x1, double y1, double x2, double y2, string colour, double width = 1, string dash = "") =>
        Raw($"<line x1=\"{C(x1)}\" y1=\"{C(y1)}\" x2=\"{C(x2)}\" y2=\"{C(y2)}\" style=\"stroke:{colour};stroke-width:{C(width)}{Dashed(dash)}\"/>");

    internal void Path(string d, string style) => Raw($"<path d=\"{d}\" style=\"{style}\"/>");

    internal static string Dashed(string dash) => dash.Length == 0 ? "" : $";stroke-dasharray:{dash}";

    /// <summary>Whether the legend stands elsewhere, once for several plots.</summary>
    internal bool LegendIsShared { get; init; }

    /// <summary>Draws a legend from the top left; returns its height.</summary>
    internal double DrawLegend(Legend legend)
    {
        if (legend.Names.Count == 0) return 0;
        var (x, y) = (24.0, 16.0);
        for (var i = 0; i < legend.Names.Count; i++)
        {
            var width = 46 + TextWidth(legend.Names[i], 13);
            if (x + width > Width && x > 24) (x, y) = (24, y + 20);
            Sample(x, y, i, legend.Key);
            Label(x + 34, y, legend.Names[i], "start");
            x += width;
        }

        return y + 2;
    }

    /// <summary>What a series looks like, 28 wide, on the text line at <paramref name="y"/>.</summary>
    internal void Sample(double x, double y, int index, Key key)
    {
        if (key is Key.Line or Key.Outline) Segment(x, y - 4, x + 28, y - 4, Stroke(index), 2.2, Palette.DashArray(index));
        if (key is Key.Line or Key.Marker) Marker(x + 14, y - 4, index, 4);
        if (key == Key.Box) Box(x + 6, y - 11, 18, 13, index);
    }

    /// <summary>A filled or hatched box.</summary>
    internal void Box(double x, double y, double width, double height, int index)
    {
        var plain = Palette.Hatch(index).Length == 0;
        Hatch(x, y, width, height, index);
        Raw($"<rect x=\"{C(x)}\" y=\"{C(y)}\" width=\"{C(width)}\" height=\"{C(height)}\" style=\"fill:{Stroke(index)};fill-opacity:{(plain ? ".85" : ".18")};stroke:{Stroke(index)};stroke-width:1.5\"/>");
    }

    /// <summary>The title of a y axis, in two lines where one is too long.</summary>
    internal void UprightLabel(double y, string text, double room)
    {
        var lines = Markup.Wrapped(text, (int)(room / 7.2));
        for (var i = 0; i < lines.Count; i++) Label(14 + (i * 15), y, lines[i], turn: -90);
    }

    /// <summary>A marker in the shape of the series, so that points differ without colour.</summary>
    internal void Marker(double x, double y, int index, double radius, double opacity = 1)
    {
        var r = radius;
        var (d, hollow) = (index % Palette.Count) switch
        {
            0 => ($"M{C(x - r)},{C(y)}a{C(r)},{C(r)} 0 1 0 {C(2 * r)},0a{C(r)},{C(r)} 0 1 0 {C(-2 * r)},0z", false),
            1 => ($"M{C(x - (r * 0.9))},{C(y - (r * 0.9))}h{C(1.8 * r)}v{C(1.8 * r)}h{C(-1.8 * r)}z", false),
            2 => ($"M{C(x)},{C(y - (1.3 * r))}l{C(1.3 * r)},{C(1.3 * r)}l{C(-1.3 * r)},{C(1.3 * r)}l{C(-1.3 * r)},{C(-1.3 * r)}z", false),
            3 => ($"M{C(x)},{C(y - (1.2 * r))}l{C(1.1 * r)},{C(1.9 * r)}h{C(-2.2 * r)}z", false),
            4 => ($"M{C(x - r)},{C(y - r)}l{C(2 * r)},{C(2 * r)}M{C(x + r)},{C(y - r)}l{C(-2 * r)},{C(2 * r)}", true),
            5 => ($"M{C(x - (1.2 * r))},{C(y)}h{C(2.4 * r)}M{C(x)},{C(y - (1.2 * r))}v{C(2.4 * r)}", true),
            6 => ($"M{C(x)},{C(y + (1.2 * r))}l{C(1.1 * r)},{C(-1.9 * r)}h{C(-2.2 * r)}z", false),
            _ => ($"M{C(x - r)},{C(y)}h{C(2 * r)}M{C(x - (r * 0.5))},{C(y - (r * 0.87))}l{C(r)},{C(r * 1.74)}M{C(x + (r * 0.5))},{C(y - (r * 0.87))}l{C(-r)},{C(r * 1.74)}", true),
        };
        var seen = opacity < 1 ? $";opacity:{C(opacity)}" : "";
        Path(d, hollow ? $"fill:none;stroke:{Stroke(index)};stroke-width:1.8{seen}" : $"fill:{Stroke(index)}{seen}");
    }

    /// <summary>Lines of a hatch clipped to a box, so that bars differ without colour.</summary>
    internal void Hatch(double x, double y, double width, double height, int index)
    {
        var hatch = Palette.Hatch(index);
        if (hatch.Length == 0 || width <= 0 || height <= 0) return;
        Open(x, y, width, height);
        var d = new StringBuilder();
        const double Step = 7;
        var span = width + height;
        if (hatch is "/" or "x") for (var c = Step; c < span; c += Step) d.Append(CultureInfo.InvariantCulture, $"M{C(x + c)},{C(y)}L{C(x + c - height)},{C(y + height)}");
        if (hatch is "\\" or "x") for (var c = Step; c < span; c += Step) d.Append(CultureInfo.InvariantCulture, $"M{C(x + width - c)},{C(y)}L{C(x + width - c + height)},{C(y + height)}");
        if (hatch is "-" or "+") for (var c = Step; c < height; c += Step) d.Append(CultureInfo.InvariantCulture, $"M{C(x)},{C(y + c)}h{C(width)}");
        if (hatch is "|" or "+") for (var c = Step; c < width; c += Step) d.Append(CultureInfo.InvariantCulture, $"M{C(x + c)},{C(y)}v{C(height)}");
        if (hatch is ".")
        {
            for (var row = Step / 2; row < height; row += Step)
            {
                for (var column = Step / 2; column < width; column += Step) d.Append(CultureInfo.InvariantCulture, $"M{C(x + column)},{C(y + row)}h0.01");
            }
        }

        Path(d.ToString(), $"fill:none;stroke:{Stroke(index)};stroke-width:{(hatch == "." ? "2.2;stroke-linecap:round" : "1.3")}");
        Close();
    }

    /// <summary>Axes over two spans; returns what draws inside them.</summary>
    internal SvgFrame Frame(Axis x, Range xShown, Axis y, Range yShown, Legend legend, IReadOnlyList<(double Value, string Label)>? xTicks = null) =>
        new(this, x, xShown, null, y, yShown, legend, xTicks);

    /// <summary>Axes with names along x.</summary>
    internal SvgFrame Frame(Axis x, IReadOnlyList<string> categories, Axis y, Range yShown, Legend legend) =>
        new(this, x, new(0, categories.Count), categories, y, yShown, legend);

    /// <summary>A matrix of shades with a colour bar.</summary>
    internal void Matrix(Axis x, Axis y, double[,] values, IReadOnlyList<string> xLabels, IReadOnlyList<string> yLabels, Range range, bool numbers)
    {
        var (rows, columns) = (values.GetLength(0), values.GetLength(1));
        var yShown = HeatmapChart.ShownLabels(rows).ToArray();
        var xShown = HeatmapChart.ShownLabels(columns).ToArray();
        var left = 34 + Math.Min(200, yShown.Select(i => TextWidth(yLabels[i], 12)).DefaultIfEmpty(0).Max());
        var right = Width - 74;
        var cell = (right - left) / Math.Max(1, columns);
        var turned = xShown.Any(i => TextWidth(xLabels[i], 12) > cell * Math.Max(1, columns / Math.Max(1, xShown.Length)) * 0.95);
        var bottomSpace = 34 + (turned ? Math.Min(120, xShown.Select(i => TextWidth(xLabels[i], 12)).DefaultIfEmpty(0).Max() * 0.62) + 14 : 18);
        Height = Math.Max(Height, Math.Min(620, 20 + bottomSpace + (rows * (numbers ? 26 : 8))));
        var (top, bottom) = (12.0, Height - bottomSpace);
        var rowHeight = (bottom - top) / Math.Max(1, rows);
        var gap = rows <= 40 && columns <= 40 ? 1 : 0;
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                if (!double.IsFinite(values[row, column])) continue;
                var shade = HeatmapChart.Shade(values[row, column], range);
                var (r, g, b) = shade;
                Raw($"<rect x=\"{C(left + (column * cell))}\" y=\"{C(top + (row * rowHeight))}\" width=\"{C(cell - gap)}\" height=\"{C(rowHeight - gap)}\" style=\"fill:#{r:x2}{g:x2}{b:x2}\"/>");
                if (numbers) Label(left + ((column + 0.5) * cell), top + ((row + 0.5) * rowHeight) + 4, HeatmapChart.Number(values[row, column], range), size: 11.5, colour: Palette.InkOn(shade));
            }
        }

        foreach (var row in yShown) Label(left - 6, top + ((row + 0.5) * rowHeight) + 4, yLabels[row], "end", 12);
        foreach (var column in xShown)
        {
            if (turned) Label(left + ((column + 0.5) * cell) + 4, bottom + 14, xLabels[column], "end", 12, turn: -38);
            else Label(left + ((column + 0.5) * cell), bottom + 16, xLabels[column], size: 12);
        }

        Label((left + right) / 2, Height - 8, x.Label, colour: Muted);
        Label(14, (top + bottom) / 2, y.Label, colour: Muted, turn: -90);
        const int Steps = 40;
        for (var i = 0; i < Steps; i++)
        {
            var (r, g, b) = Palette.OnScale(1 - ((i + 0.5) / Steps));
            Raw($"<rect x=\"{C(right + 14)}\" y=\"{C(top + (i * (bottom - top) / Steps))}\" width=\"12\" height=\"{C(((bottom - top) / Steps) + 0.5)}\" style=\"fill:#{r:x2}{g:x2}{b:x2}\"/>");
        }

        Label(right + 30, top + 9, Markup.Short(range.Max), "start", 11, Muted);
        Label(right + 30, bottom, Markup.Short(range.Min), "start", 11, Muted);
    }

    /// <summary>Roughly how wide a text is; there is no font to ask.</summary>
    internal static double TextWidth(string text, double size) => text.Length * size * 0.56;

    internal static string C(double value) => Markup.Coordinate(value);
}
