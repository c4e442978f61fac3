using AngleSharp.Html.Parser;
using ClipTransfer.Plots;
using ClipTransfer.Runtime;

namespace ClipTransfer.Tests.Plots;

public class LiveProgressTests
{
    [Fact]
    public void A_bar_a_line_and_the_curve_so_far_and_no_script()
    {
        var curve = new ProgressCurve("loss");
        for (var k = 1; k <= 50; k++) curve.Add(10 * k, 1.0 / k);
        var page = new HtmlParser().ParseDocument(new LiveProgress(new ProgressState("CLIP <1> 500/1000 pairs", 500, 1000, "pairs", false, curve)).ToHtml());
        var bar = page.QuerySelector("progress")!;
        Assert.Equal(("1000", "500", "CLIP <1> 500/1000 pairs"), (bar.GetAttribute("max"), bar.GetAttribute("value"), bar.GetAttribute("aria-label")));
        Assert.Equal("CLIP <1> 500/1000 pairs", page.QuerySelector(".ct-progress > span")!.TextContent);
        Assert.Single(page.QuerySelectorAll(".ct-progress > svg"));
        Assert.Empty(page.QuerySelectorAll("script"));
    }

    [Fact]
    public void The_end_is_one_line()
    {
        var curve = new ProgressCurve("loss");
        for (var k = 1; k <= 50; k++) curve.Add(k, k);
        Assert.Equal("<div class=\"ct-progress\">done &amp; gone</div>", new LiveProgress(new ProgressState("done & gone", 9, 9, "pairs", true, curve)).ToHtml());
    }

    [Fact]
    public void Without_a_total_there_is_no_bar_and_before_two_values_no_curve() =>
        Assert.DoesNotMatch("<progress|<svg", new LiveProgress(new ProgressState("reading 3 files", 3, 0, "files", false, new ProgressCurve("loss"))).ToHtml());
}
