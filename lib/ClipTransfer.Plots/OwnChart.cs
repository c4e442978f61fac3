using System.Text.Json.Nodes;
using Plotly.NET;

namespace ClipTransfer.Plots;

/// <summary>A Plotly.NET chart that came from elsewhere: shown as it is, its x and y columns as data.</summary>
internal sealed class OwnChart(GenericChart chart) : IChart
{
    private static readonly string[] _columns = ["x", "y", "z"];

    public Extent Extent => new(Range.Empty, Range.Empty);

    public Legend Legend => Legend.None;

    public string Describe()
    {
        var traces = Traces().ToList();
        return $"Chart with {traces.Count} {(traces.Count == 1 ? "trace" : "traces")}: {string.Join(", ", traces.Select((trace, i) => trace["name"]?.ToString() ?? $"{trace["type"]} {i + 1}"))}.";
    }

    public CsvTable ToCsv()
    {
        var table = new CsvTable("trace", "x", "y", "z");
        foreach (var (trace, i) in Traces().Select((trace, i) => (trace, i)))
        {
            var columns = _columns.Select(name => trace[name] as JsonArray).ToArray();
            for (var row = 0; row < columns.Max(column => column?.Count ?? 0); row++)
            {
                table.Add([trace["name"]?.ToString() ?? $"{i + 1}", .. columns.Select(column => row < column?.Count ? column[row]?.ToString() : null)]);
            }
        }

        return table;
    }

    public GenericChart ToPlotly(Extent extent) => chart;

    public void Draw(SvgCanvas canvas, Extent extent) =>
        canvas.Label(canvas.Width / 2, canvas.Height / 2, "This chart is drawn by plotly.js; its data are in the CSV file.", colour: canvas.Muted);

    private IEnumerable<JsonNode> Traces() => ((JsonArray)JsonNode.Parse(GenericChart.toFigureJson(chart))!["data"]!).Select(trace => trace!);
}
