using System.Text;

namespace ClipTransfer.Plots;

/// <summary>A figure as an HTML fragment that stands alone in an output cell.</summary>
internal static class FigureHtml
{
    internal static string Write(Figure figure)
    {
        var html = new StringBuilder();
        html.Append(PageAssets.Style());
        html.Append("<figure class=\"ct-figure\">");
        html.Append($"<div class=\"ct-title\">{Markup.Text(figure.Title)}</div>");
        if (figure.SharedLegend is { } legend) Legend(html, legend);
        html.Append($"<div class=\"ct-panels ct-columns-{Math.Min(4, figure.Columns)}\">");
        foreach (var panel in figure.Panels)
        {
            html.Append("<div class=\"ct-panel\">");
            if (figure.Panels.Count > 1) html.Append($"<div class=\"ct-panel-title\">{Markup.Text(panel.Title)}</div>");
            if (panel.HasKnob)
            {
                // The slider is the browser's own: it works with a keyboard and a thumb.
                html.Append($"<label class=\"ct-knob\"><span>{Markup.Text(panel.Knob)}</span> <input type=\"range\" min=\"0\" max=\"{panel.Steps.Count - 1}\" step=\"1\" value=\"0\" aria-valuetext=\"{Markup.Text(panel.Steps[0].Label)}\"> <output>{Markup.Text(panel.Steps[0].Label)}</output></label>");
            }

            var (width, height) = figure.Columns switch { 1 => (720, 380), 2 => (480, 340), _ => (400, 320) };
            html.Append($"<div class=\"ct-plot\" role=\"img\" aria-label=\"{Markup.Text($"{panel.Title}. {panel.Describe()}")}\">{FigureSvg.Inline(panel, width, height, figure.SharedLegend is not null)}</div></div>");
        }

        html.Append("</div><figcaption>");
        html.Append(Markup.Text(figure.Caption));
        html.Append($" <a class=\"ct-csv\" download=\"{Markup.FileName(figure.Title)}.csv\" href=\"{Markup.Text(figure.Data.ToDataUri())}\">Data (CSV)</a>");
        html.Append("</figcaption>");
        html.Append($"<script type=\"application/json\" class=\"ct-data\">{figure.Json}</script>");
        html.Append("</figure>");
        html.Append(PageAssets.Runtime());
        return html.ToString();
    }

    /// <summary>One legend for several plots; the words for those who do not see it stand with each plot.</summary>
    private static void Legend(StringBuilder html, Legend legend)
    {
        html.Append("<div class=\"ct-legend\" aria-hidden=\"true\">");
        for (var i = 0; i < legend.Names.Count; i++)
        {
            var key = new SvgCanvas(28, 16, fixedColours: false);
            key.Sample(0, 12, i, legend.Key);
            html.Append($"<span><svg width=\"28\" height=\"16\" viewBox=\"0 0 28 16\">{key.Body}</svg>{Markup.Text(legend.Names[i])}</span>");
        }

        html.Append("</div>");
    }
}
