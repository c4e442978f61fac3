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
    public void With_very_many_images_the_bootstrap_is_Students_interval_over_seeds()
    {
        var random = new Random(3);
        double[] rates = [0.50, 0.52, 0.55, 0.57, 0.61];
        TestOutcomes[] seeds = [.. rates.Select(rate => TestOutcomes.Of(Enumerable.Range(0, 20_000).Select(_ => random.NextDouble() < rate)))];
        var (found, student) = (Bootstrap.Accuracy(seeds), Interval.StudentT([.. seeds.Select(s => s.Accuracy)]));
        Assert.Equal(student.Value, found.Value, 1e-12);
        Assert.InRange((found.High - found.Low) / (student.High - student.Low), 0.9, 1.1);
    }

    [Fact]
    public void Its_intervals_hold_the_truth_about_as_often_as_they_say()
    {
        // Seeds differ by a deviation of 5 points, images by their luck; the truth is 50 %. Percentiles of an unstretched bootstrap hold it in about 85 of 100 cases.
        var random = new Random(4);
        var held = 0;
        const int Trials = 200;
        for (var trial = 0; trial < Trials; trial++)
        {
            TestOutcomes[] seeds = [.. Enumerable.Range(0, 5).Select(_ =>
            {
                var rate = MathNet.Numerics.Distributions.Normal.Sample(random, 0.5, 0.05);
                return TestOutcomes.Of(Enumerable.Range(0, 400).Select(_ => random.NextDouble() < rate));
            })];
            if (Bootstrap.Accuracy(seeds) is { } found && found.Low <= 0.5 && found.High >= 0.5) held++;
        }

        Assert.InRange(held, 0.91 * Trials, Trials);
    }

    [Fact]
    public void An_accuracys_interval_stays_between_0_and_1()
    {
        TestOutcomes[] seeds = [.. Enumerable.Range(0, 5).Select(s => TestOutcomes.Of(Enumerable.Range(0, 50).Select(i => s == 0 && i < 3)))];
        var found = Bootstrap.Accuracy(seeds);
        Assert.Equal(0, found.Low);
        Assert.InRange(found.High, 0.013, 0.1);
    }

    [Fact]
    public void The_mean_over_sets_shares_seeds_and_pictures_between_them()
    {
        var random = new Random(5);
        TestOutcomes[] first = [.. Enumerable.Range(0, 3).Select(s => TestOutcomes.Of(Enumerable.Range(0, 300).Select(_ => random.NextDouble() < 0.4 + 0.05 * s)))];
        // The same outcomes on the same pictures twice say no more than once.
        var (one, twice) = (Bootstrap.Accuracy(first), Bootstrap.MeanAccuracy([first, first]));
        Assert.Equal(one.Value, twice.Value, 1e-12);
        Assert.InRange((twice.High - twice.Low) / (one.High - one.Low), 0.9, 1.1);
        // A set whose outcomes are the opposite takes all luck away: each replicate is one half.
        var opposite = first.Select(s => TestOutcomes.Of(Enumerable.Range(0, 300).Select(i => !s[i]))).ToArray();
        var half = Bootstrap.MeanAccuracy([first, opposite]);
        Assert.Equal((0.5, 0.0), (half.Value, Math.Round(half.High - half.Low, 9)));
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
