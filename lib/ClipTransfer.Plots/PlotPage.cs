namespace ClipTransfer.Plots;

/// <summary>Shown once in a notebook: brings plotly.js (3.6 MB, from Plotly.NET's assembly) into the page, so that figures become interactive.</summary>
[TypeFormatterSource(typeof(HtmlFormatterSource))]
public sealed class PlotPage : IHtml
{
    internal PlotPage()
    {
    }

    /// <inheritdoc/>
    public string ToHtml() => PageAssets.Style() + PageAssets.Plotly() + PageAssets.Runtime() + "<p class=\"ct-note\">Figures on this page are interactive.</p>";

    /// <summary>One line in words.</summary>
    public override string ToString() => "Figures on this page are interactive.";
}
