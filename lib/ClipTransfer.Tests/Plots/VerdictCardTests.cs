using System.Text.Json;
using ClipTransfer.Plots;
using ClipTransfer.Results;

namespace ClipTransfer.Tests.Plots;

public class VerdictCardTests
{
    private static Claim Sample(double[]? interval, string? reason) => new(
        "T1-a", "01", "f < \"1\" & <script>", "Theorem 4.2", "S", Verdict.DoesNotHold, ClaimKind.Tautology, -0.25, "nats", interval, reason, 5, [0],
        "Scenes", "quick", new Dictionary<string, JsonElement>());

    [Fact]
    public void A_card_says_verdict_value_interval_and_worth()
    {
        var text = VerdictCard.Of(Sample([-0.5, 0], "Student t, 5 seeds")).ToHtml();
        foreach (var part in new[] { "does not hold", "[S]", "tautology", "Measured \u22120.25 nats, 95 % interval \u22120.5 to 0 (Student t, 5 seeds)" })
            Assert.Contains(System.Net.WebUtility.HtmlEncode(part), text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_interval_the_reason_stands_there() =>
        Assert.Equal("Measured \u22120.25 nats (1 seed)", VerdictCard.MeasuredText(Sample(null, "1 seed")));

    [Fact]
    public void Statements_are_encoded()
    {
        var html = VerdictCard.Of(Sample(null, "<b>")).ToHtml();
        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", html, StringComparison.Ordinal);
    }
}
