using ClipTransfer.Results;
using CsCheck;

namespace ClipTransfer.Tests.Results;

public class IntervalTests
{
    // t_{0.975} with 4 degrees of freedom is 2.776445 in every table; mean 3, s² = 2.5.
    [Fact]
    public void Student_interval_of_five_values_is_that_of_the_table()
    {
        var interval = Interval.StudentT([1, 2, 3, 4, 5]);
        var half = 2.776445 * Math.Sqrt(2.5 / 5);
        Assert.Equal(3 - half, interval.Low, 5);
        Assert.Equal(3 + half, interval.High, 5);
        Assert.Equal(5, interval.N);
    }

    [Fact]
    public void One_seed_has_no_interval_and_says_so()
    {
        var interval = Interval.StudentT([4.2]);
        Assert.False(interval.Exists);
        Assert.Equal("1 seed", interval.Method);
    }

    // 8 of 10: the published worked example of Wilson's interval gives (0.490, 0.943).
    [Fact]
    public void Wilson_interval_of_8_in_10_is_the_published_one()
    {
        var interval = Interval.Wilson(8, 10);
        Assert.Equal(0.490, interval.Low, 3);
        Assert.Equal(0.943, interval.High, 3);
    }

    // Wilson's ends solve |p̂ − p| = z √(p(1−p)/n): put each end back into the equation.
    [Fact]
    public void Wilson_ends_solve_their_equation() =>
        Gen.Select(Gen.Int[1, 5000], Gen.Double[0, 1]).Sample(
            (n, share) =>
            {
                var k = (int)(share * n);
                var interval = Interval.Wilson(k, n);
                foreach (var end in new[] { interval.Low, interval.High }.Where(e => e is > 1e-9 and < 1 - 1e-9))
                    Assert.Equal(1.959964, Math.Abs((double)k / n - end) / Math.Sqrt(end * (1 - end) / n), 4);
                Assert.InRange((double)k / n, interval.Low - 1e-12, interval.High + 1e-12);
            },
            iter: 500);

    [Fact]
    public void Pairing_removes_what_seeds_share()
    {
        double[] control = [1, 5, 9, 13];
        double[] treated = [2.1, 6, 9.9, 14];
        Assert.True(Interval.PairedDifference(treated, control).Low > 0);
        Assert.True(Interval.StudentT(treated).Low < Interval.StudentT(control).High);
    }

    [Fact]
    public void Student_interval_covers_the_mean_in_95_of_100_samples()
    {
        var random = new Random(3);
        var covered = 0;
        const int Trials = 4000;
        for (var trial = 0; trial < Trials; trial++)
        {
            var sample = Enumerable.Range(0, 5).Select(_ => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())).ToArray();
            var interval = Interval.StudentT(sample);
            if (interval.Low <= 0 && 0 <= interval.High) covered++;
        }

        // Four standard errors of a share of 4000 trials.
        Assert.Equal(0.95, (double)covered / Trials, 4 * Math.Sqrt(0.95 * 0.05 / Trials));
    }
}
