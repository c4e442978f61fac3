using System.Globalization;
using AngleSharp.Html.Parser;
using ClipTransfer.Data;
using ClipTransfer.Plots;
using SkiaSharp;

namespace ClipTransfer.Tests.Plots;

public class HtmlTests
{
    [Fact]
    public void An_engine_finds_the_formatter_by_names_alone()
    {
        // As .NET Interactive does it: by the attribute's name, its properties, and the members of what it points to.
        foreach (var type in new[] { typeof(Figure), typeof(Table), typeof(ImageGrid), typeof(PlotPage) })
        {
            var attribute = type.GetCustomAttributes(false).Single(found => found.GetType().Name == "TypeFormatterSourceAttribute");
            var source = (Type)attribute.GetType().GetProperty("FormatterSourceType")!.GetValue(attribute)!;
            Assert.Equal(["text/html"], (string[])attribute.GetType().GetProperty("PreferredMimeTypes")!.GetValue(attribute)!);
            var made = (IEnumerable<object>)source.GetMethod("CreateTypeFormatters")!.Invoke(Activator.CreateInstance(source), null)!;
            var formatter = made.Single();
            Assert.Equal("text/html", formatter.GetType().GetProperty("MimeType")!.GetValue(formatter));
        }

        using var writer = new StringWriter();
        var table = Table.Of("t", ["a"], [[1]], "c");
        Assert.True(new HtmlFormatterSource.HtmlFormatter().Format(table, writer));
        Assert.Equal(table.ToHtml(), writer.ToString());
        Assert.False(new HtmlFormatterSource.HtmlFormatter().Format("text", writer));
    }

    [Fact]
    public void The_page_brings_plotly_once_and_nothing_from_a_network()
    {
        var html = Plot.Initialise().ToHtml();
        var page = new HtmlParser().ParseDocument(html);
        var scripts = page.QuerySelectorAll("script");
        Assert.Equal(["plotly", "runtime"], scripts.Select(script => script.GetAttribute(PageAssets.Mark)));
        Assert.All(scripts, script => Assert.False(script.HasAttribute("src")));
        Assert.StartsWith("if(!window.Plotly)", scripts[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("plotly.js v2.2", scripts[0].TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_figure_alone_is_small_because_plotly_is_not_in_it() =>
        Assert.InRange(Reports.SampleNotebook.Curves().ToHtml().Length, 1_000, 60_000);

    [Fact]
    public void Tables_show_numbers_to_the_right_and_keep_all_digits_in_the_csv()
    {
        var table = Table.Of("t", ["Method", "Loss", "n"], [["CLIP", 1.0 / 3, 12345], ["<b>", double.NaN, -2]], "c");
        var page = new HtmlParser().ParseDocument(table.ToHtml());
        var cells = page.QuerySelectorAll("td").Select(cell => cell.TextContent).ToArray();
        Assert.Equal(["CLIP", "0.3333", "12,345", "<b>", "n/a", "−2"], cells);
        Assert.Equal(4, page.QuerySelectorAll("td.ct-number").Length);
        Assert.Equal(3, page.QuerySelectorAll("th[scope=col]").Length);
        Assert.Contains((1.0 / 3).ToString("R", CultureInfo.InvariantCulture), table.Csv, StringComparison.Ordinal);
    }

    [Fact]
    public void Records_become_columns_named_in_words()
    {
        var table = Table.OfRecords("t", [new { BatchSize = 64, TopK = 5, Name = "CLIP" }], "c");
        Assert.Equal(["Batch size", "Top k", "Name"], table.Columns);
    }

    [Fact]
    public void Pictures_keep_their_pixels_and_have_words()
    {
        byte[] pixels = [255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30, 200, 100, 50, 1, 2, 3];
        var grid = new ImageGrid([new(new RgbImage(3, 2, pixels), "three \"by\" <two>", "note")], 4, "Pictures", "c");
        var image = new HtmlParser().ParseDocument(grid.ToHtml()).QuerySelector("img")!;
        Assert.Equal("three \"by\" <two>", image.GetAttribute("alt"));
        using var decoded = SKBitmap.Decode(Convert.FromBase64String(image.GetAttribute("src")!.Split(',')[1]));
        Assert.Equal((3, 2), (decoded.Width, decoded.Height));
        Assert.Equal(pixels, decoded.Pixels.SelectMany(pixel => new[] { pixel.Red, pixel.Green, pixel.Blue }));
        Assert.Throws<ArgumentException>(() => new ImageGrid([new(new RgbImage(3, 3, pixels), "short")], 4, "t", "c"));
    }
}
