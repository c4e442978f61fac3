using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using AngleSharp.Html.Parser;
using ClipTransfer.Plots;
using CsCheck;

namespace ClipTransfer.Tests.Plots;

public class FigureTests
{
    private static readonly double[] _x = [1, 2, 4, 8];
    private static readonly double[] _y = [0.5, double.NaN, 1e-9, -3.25];

    private static Figure Lines(string title = "Loss", string name = "CLIP", string caption = "It falls.") =>
        Plot.Lines(title, new("Epoch"), new("Loss", "nats"), [new(name, _x, _y, [0, 0, 0, -4], [1, 1, 1, double.PositiveInfinity])], caption, [new("ln 8", Math.Log(8))]);

    [Fact]
    public void The_plotly_json_holds_the_series_and_null_where_nothing_can_be_drawn()
    {
        var step = JsonNode.Parse(Lines().Json)!["panels"]![0]!["steps"]![0]!;
        var line = step["data"]!.AsArray().Single(trace => trace!["hovertemplate"] is not null)!;
        Assert.Equal("scatter", line["type"]!.ToString());
        Assert.Equal("CLIP", line["name"]!.ToString());
        Assert.Equal(_x, line["x"]!.AsArray().Select(value => value!.GetValue<double>()));
        Assert.Equal([0.5, null, 1e-9, -3.25], line["y"]!.AsArray().Select(value => value?.GetValue<double>()));
        Assert.Equal("Loss (nats)", step["layout"]!["yaxis"]!["title"]!["text"]!.ToString());
        Assert.Null(step["layout"]!["template"]);
    }

    [Fact]
    public void A_logarithmic_axis_leaves_out_what_is_not_positive_and_takes_its_range_in_decades()
    {
        var figure = Plot.Scatter("Rates", new("Rate", Log: true), new("Count", Log: true, Min: 1, Max: 1000), [new("a", [0, 1, 10], [5, -1, 100])], "");
        var step = JsonNode.Parse(figure.Json)!["panels"]![0]!["steps"]![0]!;
        Assert.Equal([null, 1, 10], step["data"]![0]!["x"]!.AsArray().Select(value => value?.GetValue<double>()));
        Assert.Equal([5, null, 100], step["data"]![0]!["y"]!.AsArray().Select(value => value?.GetValue<double>()));
        Assert.Equal([0, 3], step["layout"]!["yaxis"]!["range"]!.AsArray().Select(value => value!.GetValue<double>()));
    }

    [Fact]
    public void The_csv_behind_a_line_chart_is_its_data_bit_for_bit()
    {
        var rows = ReadCsv(Lines().Csv);
        Assert.Equal(["series", "Epoch", "Loss [nats]", "low", "high"], rows[0]);
        for (var i = 0; i < _x.Length; i++)
        {
            Assert.Equal("CLIP", rows[i + 1][0]);
            Assert.Equal(_x[i], double.Parse(rows[i + 1][1], CultureInfo.InvariantCulture));
            Assert.Equal(_y[i], double.Parse(rows[i + 1][2], CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void The_download_link_carries_the_same_csv_without_a_network()
    {
        var page = new HtmlParser().ParseDocument(Lines().ToHtml());
        var link = page.QuerySelector("a.ct-csv")!;
        Assert.Equal("loss.csv", link.GetAttribute("download"));
        Assert.StartsWith("data:text/csv", link.GetAttribute("href"), StringComparison.Ordinal);
        Assert.Equal(Lines().Csv, Uri.UnescapeDataString(link.GetAttribute("href")!.Split(',', 2)[1]));
    }

    [Fact]
    public void Bars_and_heatmaps_give_their_numbers_as_csv()
    {
        var bars = ReadCsv(Plot.Bars("b", new("Set"), new("Top-1", "%"), [new("x, \"y\"", "CLIP", 0.1, 0, 0.2), new("z", "CLIP", 0.3)], "").Csv);
        Assert.Equal(["x, \"y\"", "CLIP", "0.1", "0", "0.2"], bars[1]);
        Assert.Equal(["z", "CLIP", "0.3", "", ""], bars[2]);
        var heat = ReadCsv(Plot.Heatmap("h", new("c"), new("r"), new double[,] { { 1, 2 }, { 3, 4 } }, ["a", "b"], ["p", "q"], "").Csv);
        Assert.Equal(["q", "a", "3"], heat[3]);
        Assert.Equal(5, heat.Count);
    }

    [Fact]
    public void A_histogram_counts_as_brute_force_does_and_loses_no_value() => Gen.Double[-5, 5].Array[1, 200].Sample(values =>
    {
        var chart = new HistogramChart(new("v"), [("g", values)], 10, []);
        Assert.Equal(values.Length, chart.Counts(0).Sum());
        for (var bin = 0; bin < 10; bin++)
        {
            var (low, high) = (chart.Edges[bin], chart.Edges[bin + 1]);
            // A value within rounding of an edge may fall on either side.
            var sure = values.Count(value => value > low + 1e-9 && value < high - 1e-9);
            var possible = values.Count(value => value >= low - 1e-9 && value <= high + 1e-9);
            Assert.InRange(chart.Counts(0)[bin], sure, possible);
        }
    });

    [Fact]
    public void Groups_of_different_size_are_shown_as_shares()
    {
        var figure = Plot.Histogram("m", new("Margin"), [("a", [1, 2, 3, 4]), ("b", [1, 2])], "", bins: 3);
        var step = JsonNode.Parse(figure.Json)!["panels"]![0]!["steps"]![0]!;
        Assert.Equal("Share of the group (%)", step["layout"]!["yaxis"]!["title"]!["text"]!.ToString());
        Assert.Equal(50, step["data"]![1]!["y"]!.AsArray().Max(value => value!.GetValue<double>()));
    }

    [Fact]
    public void Steps_of_a_knob_share_one_scale_and_grids_keep_their_panels()
    {
        Figure Step(double top) => Plot.Lines("s", new("x"), new("y"), [new("a", [0, 1], [0, top])], "");
        var knob = Plot.Knob("k", "τ", [("0.1", Step(1)), ("0.2", Step(10))], "c");
        var steps = JsonNode.Parse(knob.Json)!["panels"]![0]!["steps"]!.AsArray();
        Assert.Equal(steps[0]!["layout"]!["yaxis"]!.ToJsonString(), steps[1]!["layout"]!["yaxis"]!.ToJsonString());
        Assert.Equal(["τ", "series", "x", "y"], ReadCsv(knob.Csv)[0]);
        var grid = Plot.Grid("g", [knob, Step(3)], 2, "c");
        Assert.Equal(2, JsonNode.Parse(grid.Json)!["panels"]!.AsArray().Count);
        Assert.Equal(["panel", "τ", "series", "x", "y"], ReadCsv(grid.Csv)[0]);
        Assert.Throws<ArgumentException>(() => Plot.Knob("k", "τ", [("1", grid)], ""));
        var page = new HtmlParser().ParseDocument(knob.ToHtml());
        Assert.Equal("1", page.QuerySelector("input[type=range]")!.GetAttribute("max"));
        Assert.Equal("τ", page.QuerySelector("label.ct-knob span")!.TextContent);
    }

    [Fact]
    public void Every_plot_has_words_for_those_who_do_not_see_it()
    {
        var page = new HtmlParser().ParseDocument(Lines().ToHtml());
        var plot = page.QuerySelector(".ct-plot")!;
        Assert.Equal("img", plot.GetAttribute("role"));
        Assert.Contains("CLIP: from 0.5 at 1 to −3.25 at 8", plot.GetAttribute("aria-label"), StringComparison.Ordinal);
        Assert.Contains("ln 8 at 2.079", plot.GetAttribute("aria-label"), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_in_a_figure_stays_text() =>
        Gen.OneOf(Gen.String, Gen.Const("</script><script>alert(1)</script>"), Gen.Const("\"><img src=x onerror=alert(1)>"), Gen.Const("<!--<script>"), Gen.Const("&lt;b&gt;"))
            .Sample(text =>
            {
                var html = Lines(text, text, text).ToHtml();
                var page = new HtmlParser().ParseDocument(html);
                Assert.Equal(2, page.QuerySelectorAll("script").Length);
                Assert.Empty(page.QuerySelectorAll("img"));
                Assert.DoesNotContain(page.All.SelectMany(element => element.Attributes), attribute => attribute.Name.StartsWith("on", StringComparison.OrdinalIgnoreCase));
                var data = JsonNode.Parse(page.QuerySelector("script.ct-data")!.TextContent)!;
                Assert.Equal(JsonSerializer.Deserialize<string>(JsonSerializer.Serialize(text)), data["panels"]![0]!["title"]!.ToString());
                var expected = Visible(text);
                Assert.Equal(expected, Visible(page.QuerySelector(".ct-title")!.TextContent));
                Assert.StartsWith(expected, Visible(page.QuerySelector("figcaption")!.TextContent), StringComparison.Ordinal);
                Assert.DoesNotContain('<', data["panels"]![0]!["steps"]![0]!["data"]![0]!["name"]!.ToString());
            }, iter: 150);

    [Fact]
    public void Every_series_differs_without_colour()
    {
        var looks = Enumerable.Range(0, Palette.Count).Select(i => (Palette.Dash(i), Palette.Marker(i), Palette.Hatch(i))).ToList();
        Assert.Equal(looks.Count, looks.Select(look => look.Item1).Distinct().Count());
        Assert.Equal(looks.Count, looks.Select(look => look.Item2).Distinct().Count());
        Assert.Equal(looks.Count, looks.Select(look => look.Item3).Distinct().Count());
    }

    [Fact]
    public void Every_colour_reaches_three_to_one_against_its_page()
    {
        for (var i = 0; i < Palette.Count; i++)
        {
            Assert.True(Contrast(Palette.Colour(i), "#FFFFFF") >= 3, Palette.Colour(i));
            Assert.True(Contrast(Palette.DarkColour(i), "#14171C") >= 3, Palette.DarkColour(i));
        }
    }

    [Fact]
    public void The_heatmap_scale_grows_darker_all_along()
    {
        var lights = Enumerable.Range(0, 101).Select(i => Palette.OnScale(i / 100.0)).Select(c => Luminance(c.R, c.G, c.B)).ToList();
        Assert.All(lights.Zip(lights.Skip(1)), pair => Assert.True(pair.First > pair.Second));
    }

    [Fact]
    public void The_drawing_of_every_kind_of_figure_is_well_formed_and_the_same_each_time()
    {
        foreach (var figure in new[] { Lines("a < b", "x & \"y\""), Reports.SampleNotebook.Knob(), Reports.SampleNotebook.Grid(), Reports.SampleNotebook.Heat() })
        {
            var svg = XDocument.Parse(figure.ToSvg());
            Assert.Equal(figure.Title, svg.Root!.Element(XName.Get("title", "http://www.w3.org/2000/svg"))!.Value);
            Assert.DoesNotContain("NaN", figure.ToSvg(), StringComparison.Ordinal);
            Assert.DoesNotContain("∞", figure.ToSvg(), StringComparison.Ordinal);
            Assert.DoesNotContain("var(", figure.ToSvg(), StringComparison.Ordinal);
            Assert.Equal(figure.ToSvg(), figure.ToSvg());
        }
    }

    [Fact]
    public void The_drawing_puts_points_where_the_axes_say()
    {
        // One line from corner to corner of fixed axes: its ends must be the corners of the frame.
        var figure = Plot.Lines("d", new("x", Min: 0, Max: 1), new("y", Min: 0, Max: 1), [new("a", [0, 1], [0, 1])], "", markers: false);
        var svg = XDocument.Parse(figure.ToSvg());
        var frame = svg.Descendants().Where(element => element.Name.LocalName == "svg").Single(element => element.Parent is not null);
        var (left, top) = (Number(frame, "x"), Number(frame, "y"));
        var (right, bottom) = (left + Number(frame, "width"), top + Number(frame, "height"));
        var path = frame.Elements().Single(element => element.Name.LocalName == "path").Attribute("d")!.Value;
        var ends = path.Split('M', 'L').Where(part => part.Length > 0).Select(part => part.Split(',').Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray()).ToArray();
        Assert.Equal(2, ends.Length);
        Assert.Equal([left, bottom], ends[0].Select(value => Math.Round(value, 1)), (a, b) => Math.Abs(a - b) < 0.11);
        Assert.Equal([right, top], ends[1].Select(value => Math.Round(value, 1)), (a, b) => Math.Abs(a - b) < 0.11);
    }

    [Fact]
    public void Ticks_lie_on_the_axis_in_order() => Gen.Select(Gen.Double[-1e6, 1e6], Gen.Double[1e-6, 1e6]).Sample((low, width) =>
    {
        var shown = new ClipTransfer.Plots.Range(low, low + width);
        if (shown.Max <= shown.Min) return;
        var ticks = Ticks.Of(shown, log: false);
        Assert.InRange(ticks.Count, 1, 14);
        Assert.All(ticks, tick => Assert.InRange(tick.Value, low - (1e-6 * width), low + (width * (1 + 1e-6))));
        Assert.All(ticks.Zip(ticks.Skip(1)), pair => Assert.True(pair.First.Value < pair.Second.Value));
    });

    [Fact]
    public void Numbers_on_every_shade_of_a_heatmap_can_be_read()
    {
        for (var i = 0; i <= 100; i++)
        {
            var (r, g, b) = Palette.OnScale(i / 100.0);
            Assert.True(Contrast(Palette.InkOn((r, g, b)).ToUpperInvariant(), $"#{r:X2}{g:X2}{b:X2}") >= 4.5, $"shade {i}");
        }
    }

    [Fact]
    public void Plots_with_one_legend_show_it_once()
    {
        Figure Panel(params string[] names) => Plot.Lines("p", new("x"), new("y"), names.Select(name => new Series(name, [0, 1], [0, 1])), "");
        var shared = Plot.Grid("g", [Panel("CLIP", "Reg"), Panel("CLIP", "Reg")], 2, "");
        var own = Plot.Grid("g", [Panel("CLIP", "Reg"), Panel("CLIP", "L2")], 2, "");
        Assert.Equal(["CLIP", "Reg"], new HtmlParser().ParseDocument(shared.ToHtml()).QuerySelectorAll(".ct-legend span").Select(span => span.TextContent));
        Assert.Empty(new HtmlParser().ParseDocument(own.ToHtml()).QuerySelectorAll(".ct-legend"));
        Assert.All(Layouts(shared), layout => Assert.False(layout["showlegend"]!.GetValue<bool>()));
        Assert.All(Layouts(own), layout => Assert.True(layout["showlegend"]!.GetValue<bool>()));
        Assert.Equal(1, shared.ToSvg().Split(">Reg<").Length - 1);
        Assert.Equal(1, own.ToSvg().Split(">Reg<").Length - 1);
        Assert.Equal(2, own.ToSvg().Split(">CLIP<").Length - 1);

        static IEnumerable<JsonNode> Layouts(Figure figure) => JsonNode.Parse(figure.Json)!["panels"]!.AsArray().Select(panel => panel!["steps"]![0]!["layout"]!);
    }

    [Fact]
    public void Few_values_on_a_logarithmic_axis_are_its_ticks()
    {
        double[] batches = [2, 4, 8, 16, 32, 64, 128, 256];
        var shown = new ClipTransfer.Plots.Range(1.6, 320);
        Assert.Equal(["2", "4", "8", "16", "32", "64", "128", "256"], Ticks.OfValues(batches, shown, log: true)!.Select(tick => tick.Label));
        Assert.Null(Ticks.OfValues(batches, shown, log: false));
        Assert.Null(Ticks.OfValues([.. Enumerable.Range(2, 200).Select(i => (double)i)], shown, log: true));
        Assert.Equal(["0.01", "0.1", "1", "10"], Ticks.Of(new(0.005, 20), log: true).Select(tick => tick.Label));
    }

    [Theory]
    [InlineData(0.12345, "0.1235")]
    [InlineData(-1.5e-15, "\u22121.5\u00A0×\u00A010\u207B\u00B9\u2075")]
    [InlineData(2.5e6, "2.5\u00A0×\u00A010\u2076")]
    [InlineData(0, "0")]
    [InlineData(double.NaN, "n/a")]
    public void Numbers_for_people_have_four_digits(double value, string shown) => Assert.Equal(shown, Markup.Short(value));

    [Fact]
    public void A_reader_s_own_plotly_chart_becomes_a_figure()
    {
        var chart = Plotly.NET.CSharp.Chart.Line<double, double, string>([1, 2], [3, 4], Name: "mine");
        var figure = Figure.Of(chart, "Own", "Made in a cell.");
        Assert.Equal(["mine", "1", "3", ""], ReadCsv(figure.Csv)[1].Select(cell => cell.EndsWith(".0", StringComparison.Ordinal) ? cell[..^2] : cell));
        Assert.Contains("mine", figure.AltText, StringComparison.Ordinal);
        Assert.Equal(3, JsonNode.Parse(figure.Json)!["panels"]![0]!["steps"]![0]!["data"]![0]!["y"]![0]!.GetValue<double>());
    }

    [Fact]
    public void Wrong_sizes_are_named()
    {
        var series = Assert.Throws<ArgumentException>(() => Plot.Lines("t", new("x"), new("y"), [new("CLIP", [1, 2], [1])], ""));
        Assert.Contains("'CLIP'", series.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Plot.Heatmap("h", new("x"), new("y"), new double[2, 2], ["a"], ["b", "c"], ""));
        Assert.Throws<ArgumentException>(() => Table.Of("t", ["a", "b"], [[1]], ""));
    }

    private static double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    /// <summary>What a parser leaves of a text: no control signs, line ends and lone surrogates as HTML makes them.</summary>
    private static string Visible(string text) => string.Concat(text.ReplaceLineEndings("\n").EnumerateRunes().Where(rune => rune.Value >= 0x20 && rune.Value is not (>= 0x7F and <= 0x9F) and not 0xFFFD and not 0xFFFE and not 0xFFFF)).Trim();

    private static double Contrast(string a, string b)
    {
        var (light, dark) = (Luminance(a), Luminance(b));
        return light > dark ? (light + 0.05) / (dark + 0.05) : (dark + 0.05) / (light + 0.05);
    }

    private static double Luminance(string hex) => Luminance(Part(hex, 1), Part(hex, 3), Part(hex, 5));

    private static byte Part(string hex, int at) => byte.Parse(hex.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    // WCAG 2.2, relative luminance.
    private static double Luminance(byte r, byte g, byte b)
    {
        return (0.2126 * Linear(r)) + (0.7152 * Linear(g)) + (0.0722 * Linear(b));

        static double Linear(byte value) => value / 255.0 is var share && share <= 0.04045 ? share / 12.92 : Math.Pow(((value / 255.0) + 0.055) / 1.055, 2.4);
    }

    private static List<string[]> ReadCsv(string text)
    {
        using var reader = new Microsoft.VisualBasic.FileIO.TextFieldParser(new StringReader(text)) { Delimiters = [","], HasFieldsEnclosedInQuotes = true, TrimWhiteSpace = false };
        var rows = new List<string[]>();
        while (!reader.EndOfData) rows.Add(reader.ReadFields()!);
        return rows;
    }

    [Fact]
    public void A_bar_chart_without_bars_is_an_error_that_names_the_figure() =>
        Assert.Contains("Gains", Assert.Throws<ArgumentException>(() => Plot.Bars("Gains", new Axis("set"), new Axis("gain"), [], "")).Message, StringComparison.Ordinal);
}
