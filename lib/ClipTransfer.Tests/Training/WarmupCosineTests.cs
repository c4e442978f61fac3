using ClipTransfer.Training;

namespace ClipTransfer.Tests.Training;

public class WarmupCosineTests
{
    [Fact]
    public void It_rises_linearly_to_one_and_falls_along_half_a_cosine_wave()
    {
        var schedule = new WarmupCosine(4, 12);
        double[] expected =
        [
            0.25, 0.5, 0.75, 1, // (t + 1)/4
            1, 0.5 + 0.25 * Math.Sqrt(2 + Math.Sqrt(2)), 0.5 + 0.25 * Math.Sqrt(2), 0.5 + 0.25 * Math.Sqrt(2 - Math.Sqrt(2)), // cosines of 0, π/8, π/4, 3π/8
            0.5, 0.5 - 0.25 * Math.Sqrt(2 - Math.Sqrt(2)), 0.5 - 0.25 * Math.Sqrt(2), 0.5 - 0.25 * Math.Sqrt(2 + Math.Sqrt(2)),
        ];
        for (var t = 0; t < 12; t++) Assert.Equal(expected[t], schedule.Factor(t), 1e-12);
    }

    [Theory]
    [InlineData(100, 0.1, 10)]
    [InlineData(15, 0.1, 2)]
    [InlineData(7, 0.0, 0)]
    public void A_share_of_the_steps_is_rounded_up(int steps, double share, int warmup) => Assert.Equal(new WarmupCosine(warmup, steps), WarmupCosine.Of(steps, share));

    [Fact]
    public void Without_warm_up_it_starts_at_the_top() => Assert.Equal(1, new WarmupCosine(0, 5).Factor(0));
}
