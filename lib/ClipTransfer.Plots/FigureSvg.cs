using System.Text;

namespace ClipTransfer.Plots;

/// <summary>Static drawings of figures: one picture a plot inside a page, one picture for all in a file.</summary>
internal static class FigureSvg
{
    private const string Font = "font-family=\"system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif\"";

    /// <summary>One plot, coloured by the page around it. Up to six steps of a knob become small multiples.</summary>
    internal static string Inline(Panel panel, double width = 720, double height = 380, bool legendIsShared = false)
    {
        var (body, total) = Draw(panel, width, height, fixedColours: false, legendIsShared);
        return $"<svg class=\"ct-static\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {SvgCanvas.C(width)} {SvgCanvas.C(total)}\" width=\"{SvgCanvas.C(width)}\" height=\"{SvgCanvas.C(total)}\" aria-hidden=\"true\" {Font}>{body}</svg>";
    }

    /// <summary>The whole figure as a file.</summary>
    internal static string Document(Figure figure, double width, double panelHeight)
    {
        var body = new StringBuilder();
        var cell = width / figure.Columns;
        var canvas = new SvgCanvas(width, 40, fixedColours: true);
        canvas.Label(16, 26, figure.Title, "start", 17, bold: true);
        body.Append(canvas.Body);
        var (top, rowHeight) = (38.0, 0.0);
        if (figure.SharedLegend is { } legend)
        {
            var keys = new SvgCanvas(width, 40, fixedColours: true);
            var height = keys.DrawLegend(legend);
            body.Append($"<g transform=\"translate(0 {SvgCanvas.C(top)})\">{keys.Body}</g>");
            top += height + 6;
        }

        for (var i = 0; i < figure.Panels.Count; i++)
        {
            if (i > 0 && i % figure.Columns == 0) (top, rowHeight) = (top + rowHeight, 0);
            var (drawing, height) = Draw(figure.Panels[i], cell, panelHeight, fixedColours: true, figure.SharedLegend is not null);
            var head = 0.0;
            if (figure.Panels.Count > 1)
            {
                head = 24;
                var title = new SvgCanvas(cell, 24, fixedColours: true);
                title.Label(16, 17, figure.Panels[i].Title, "start", 14, bold: true);
                drawing = title.Body + $"<g transform=\"translate(0 {SvgCanvas.C(head)})\">{drawing}</g>";
            }

            body.Append($"<g transform=\"translate({SvgCanvas.C(i % figure.Columns * cell)} {SvgCanvas.C(top)})\">{drawing}</g>");
            rowHeight = Math.Max(rowHeight, height + head);
        }

        var total = SvgCanvas.C(top + rowHeight + 6);
        return $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {SvgCanvas.C(width)} {total}\" width=\"{SvgCanvas.C(width)}\" height=\"{total}\" role=\"img\" {Font}>" +
            $"<title>{Markup.Text(figure.Title)}</title><desc>{Markup.Text(figure.AltText)}</desc><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>{body}</svg>\n";
    }

    private static (string Body, double Height) Draw(Panel panel, double width, double height, bool fixedColours, bool legendIsShared)
    {
        var extent = panel.Extent;
        if (!panel.HasKnob)
        {
            var canvas = new SvgCanvas(width, height, fixedColours) { LegendIsShared = legendIsShared };
            panel.Steps[0].Chart.Draw(canvas, extent);
            return (canvas.Body, canvas.Height);
        }

        // Paper has no slider: the steps stand side by side, at most six (three in a narrow place), the first and the last among them.
        var count = Math.Min(width < 560 ? 3 : 6, panel.Steps.Count);
        var columns = Math.Min(count, width < 560 ? 1 : count <= 4 ? 2 : 3);
        var shown = Enumerable.Range(0, count).Select(i => panel.Steps[i * (panel.Steps.Count - 1) / (count - 1)]).ToArray();
        var cell = width / columns;
        var body = new StringBuilder();
        var (top, rowHeight) = (0.0, 0.0);
        for (var i = 0; i < count; i++)
        {
            if (i > 0 && i % columns == 0) (top, rowHeight) = (top + rowHeight, 0);
            var canvas = new SvgCanvas(cell, height * 0.72, fixedColours) { LegendIsShared = legendIsShared };
            shown[i].Chart.Draw(canvas, extent);
            var head = new SvgCanvas(cell, 20, fixedColours);
            head.Label(cell / 2, 15, $"{panel.Knob} = {shown[i].Label}", size: 13, bold: true);
            body.Append($"<g transform=\"translate({SvgCanvas.C(i % columns * cell)} {SvgCanvas.C(top)})\">{head.Body}<g transform=\"translate(0 20)\">{canvas.Body}</g></g>");
            rowHeight = Math.Max(rowHeight, canvas.Height + 26);
        }

        return (body.ToString(), top + rowHeight);
    }
}
