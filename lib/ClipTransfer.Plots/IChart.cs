using Plotly.NET;

namespace ClipTransfer.Plots;

/// <summary>One pair of axes with its data; knows how to become a Plotly chart, an SVG, a CSV and a sentence.</summary>
internal interface IChart
{
    /// <summary>What the data span.</summary>
    Extent Extent { get; }

    /// <summary>The names of its series; none where one series needs no name.</summary>
    Legend Legend { get; }

    /// <summary>The data in words, for those who do not see the picture.</summary>
    string Describe();

    /// <summary>The numbers drawn.</summary>
    CsvTable ToCsv();

    /// <summary>The chart for plotly.js, drawn over the given span.</summary>
    GenericChart ToPlotly(Extent extent);

    /// <summary>Draws the chart without plotly.js.</summary>
    void Draw(SvgCanvas canvas, Extent extent);
}
