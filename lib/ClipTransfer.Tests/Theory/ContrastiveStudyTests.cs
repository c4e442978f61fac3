using ClipTransfer.Theory;

namespace ClipTransfer.Tests.Theory;

public class ContrastiveStudyTests
{
    private static readonly LinearTask _small = new(new SharedFeatureSettings { Classes = 4, ImageOnly = new SphericalFeature(2), TextOnly = new SphericalFeature(2) }, 64, 8);

    [Fact]
    public void A_trained_map_acts_on_the_shared_part_as_the_papers_map_and_transfers()
    {
        var point = ContrastiveStudy.Train(_small, 0.2, 1);
        Assert.InRange(point.SharedShare, 0.9, 1);
        Assert.InRange(point.Cosine, 0.9, 1 + 1e-12);
        Assert.Equal(0, point.OptimalTransfer.Top1Error);
        Assert.InRange(point.Transfer.Top1Error, 0, point.Transfer.Bound(1));
        // Theorem 4.2's hypothesis: no worse than W*, on fresh batches.
        Assert.InRange(point.ExcessOverOptimal, double.NegativeInfinity, 0);
    }

    [Fact]
    public void The_papers_steps_are_enough_and_far_more_than_needed()
    {
        var rules = ContrastiveStudy.StepRules(_small with { Data = _small.Data with { Gamma = 1 }, Batches = 16, Batch = 4 }, 1, 0.25, 3);
        Assert.All(rules, rule => Assert.True(rule.Reached));
        // ‖W*‖² = K1 = 4 with orthonormal dictionaries; η = 0.25·1/16.
        Assert.Equal(4 * 4 / (0.25 / 16 * 0.25), rules[0].Demanded, 1e-6);
        Assert.InRange(rules[0].Needed, 1, rules[0].Demanded / 4);
        Assert.True(rules[2].Needed < rules[1].Needed);
    }

    [Fact]
    public void The_shift_bound_holds_and_is_the_error_itself_without_shift()
    {
        var points = ContrastiveStudy.Shift(new LinearTask(new SharedFeatureSettings { Classes = 8, Gamma = 0.1 }, 3, 8), 0.2, [0, 0.3, 1], 1);
        Assert.All(points, p => Assert.InRange(p.Error, 0, p.Bound + 1e-12));
        Assert.Equal(0, points[0].ChiSquared, 1e-12);
        Assert.Equal(points[0].Error, points[0].Bound, 1e-12);
        Assert.True(points[2].Error > points[0].Error);
    }

    [Fact]
    public void The_deviation_at_a_fixed_map_falls_like_one_over_the_square_root_of_n_and_the_ball_lies_under_its_bound()
    {
        int[] counts = [8, 128];
        var points = counts.Select(n => GeneralisationStudy.Measure(_small with { Batches = n, Batch = 4 }, 0.5, 1, 32, 1_000)).ToArray();
        // Sixteen times the batches: a quarter, within the sampling error of 32 draws and of the reference.
        Assert.InRange(points[0].FixedRms / points[1].FixedRms, 2.2, 6.5);
        Assert.All(points, p => Assert.InRange(p.BallMaximum, p.FixedRms / 10, p.Bound));
        Assert.True(points[0].TrainedGap < points[1].TrainedGap && points[1].TrainedGap < 0);
    }

    [Fact]
    public void The_slope_of_a_power_is_its_exponent() =>
        Assert.Equal(-0.5, GeneralisationStudy.LogSlope([1, 4, 9, 100], [-2, -1, -2.0 / 3, -0.2]), 1e-12);
}
