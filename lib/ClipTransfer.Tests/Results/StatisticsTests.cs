using ClipTransfer.Results;
using CsCheck;

namespace ClipTransfer.Tests.Results;

public class StatisticsTests
{
    [Fact]
    public void Outcomes_are_packed_and_read_back_bit_by_bit() => Gen.Bool.Array[1, 70].Sample(bits =>
    {
        var outcomes = TestOutcomes.Of(bits);
        Assert.Equal(bits, Enumerable.Range(0, bits.Length).Select(i => outcomes[i]));
        Assert.Equal(bits.Count(b => b), outcomes.Correct);
        Assert.Equal(2 * ((bits.Length + 7) / 8), outcomes.Bits.Length);
    });

    [Fact]
    public void With_one_seed_the_bootstrap_is_the_binomial_interval_of_the_images()
    {
        var outcomes = TestOutcomes.Of(Enumerable.Range(0, 1_000).Select(i => i % 4 == 0));
        var found = Bootstrap.Accuracy([outcomes]);
        var half = 1.96 * Math.Sqrt(0.25 * 0.75 / 1_000);
        Assert.Equal(0.25, found.Value, 1e-12);
        Assert.Equal(0.25 - half, found.Low, 0.1 * half);
        Assert.Equal(0.25 + half, found.High, 0.1 * half);
    }

    [Fact]
    public void The_luck_of_the_images_does_not_average_out_over_seeds()
    {
        // Five seeds that agree on every image: five times the seeds say no more about other images than one does.
        var outcomes = TestOutcomes.Of(Enumerable.Range(0, 400).Select(i => i % 2 == 0));
        var (one, five) = (Bootstrap.Accuracy([outcomes]), Bootstrap.Accuracy([.. Enumerable.Repeat(outcomes, 5)]));
        Assert.InRange((five.High - five.Low) / (one.High - one.Low), 0.85, 1.15);
    }

    [Fact]
    public void A_paired_difference_of_equal_methods_is_zero_however_hard_the_images()
    {
        var random = new Random(1);
        TestOutcomes[] seeds = [.. Enumerable.Range(0, 5).Select(_ => TestOutcomes.Of(Enumerable.Range(0, 100).Select(_ => random.Next(3) == 0)))];
        var none = Bootstrap.Difference(seeds, seeds);
        Assert.Equal((0.0, 0.0, 0.0), (none.Value, none.Low, none.High));
        // One image more in every seed, always the same one: the interval is that of a binomial of 1 in 100.
        TestOutcomes[] better = [.. seeds.Select(s => TestOutcomes.Of(Enumerable.Range(0, 100).Select(i => i == 7 || (i != 7 && s[i]))))];
        TestOutcomes[] worse = [.. seeds.Select(s => TestOutcomes.Of(Enumerable.Range(0, 100).Select(i => i != 7 && s[i])))];
        var gain = Bootstrap.Difference(better, worse);
        Assert.Equal(0.01, gain.Value, 1e-12);
        Assert.Equal(0, gain.Low, 1e-12);
        Assert.InRange(gain.High, 0.02, 0.04);
    }

    [Theory]
    [InlineData(6, 0, 0.03125)] // 2/2^6
    [InlineData(8, 1, 0.0390625)] // 2·(1 + 9)/2^9
    [InlineData(5, 5, 1)]
    public void The_sign_test_has_the_published_probabilities(int up, int down, double p) =>
        Assert.Equal(p, SignTest.P([.. Enumerable.Repeat(0.3, up), .. Enumerable.Repeat(-2.0, down), 0])!.Value, 1e-12);

    [Fact]
    public void The_sign_test_decides_nothing_on_five_pairs() => Assert.Null(SignTest.P([1, 1, 1, 1, 1, 0]));
}
