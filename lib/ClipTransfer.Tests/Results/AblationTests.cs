using ClipTransfer.Losses;
using ClipTransfer.Results;
using ClipTransfer.Runtime;

namespace ClipTransfer.Tests.Results;

public class AblationTests
{
    private static double Weight(SweepSummary run) => run.Settings.Method.Weight;

    private static double Measured(SweepSummary run) => run.Temperature;

    /// <summary>A run that measured one number.</summary>
    private static SweepSummary Run(string method, double weight, long seed, double measured, int batch = 128) => new()
    {
        Key = "",
        Blocks = ["one"],
        Settings = new() { Method = new MethodSettings { Name = method, Weight = weight }, Seed = seed, BatchSize = batch },
        Steps = 0,
        SkippedSteps = 0,
        Seconds = 0,
        PairsPerSecond = 0,
        LossCurve = [],
        Temperature = measured,
        Retrieval = null!,
        Margins = [],
        Epochs = [],
        Transfer = null!,
        Machine = null!,
        Ended = default,
    };

    private static SweepResults Of(params SweepSummary[] runs) => new("grid", null!, 1, runs);

    private static Ablation Sort(SweepResults runs, Func<SweepSummary, double> setting) => Ablation.Of(runs, setting, run => run.Method == "CLIP+Reg", run => run.Method == "CLIP");

    [Fact]
    public void Gains_are_paired_by_seed_at_each_value_whatever_the_order_of_the_runs()
    {
        var runs = Of(
            Run("CLIP+Reg", 1, 1, 7), Run("CLIP", 0.1, 0, 1), Run("CLIP+Reg", 0.01, 0, 1.5), Run("CLIP+Reg", 1, 0, 4), Run("CLIP", 0.1, 1, 2), Run("CLIP+Reg", 0.01, 1, 2.5));
        var ablation = Sort(runs, Weight);
        Assert.Equal([0.01, 1], ablation.Values);
        Assert.Equal([[0.5, 0.5], [3, 5]], ablation.Gains(Measured));
        Assert.Equal([[1.5, 2.5], [4, 7]], ablation.Treated(Measured));
        Assert.Equal([[1, 2], [1, 2]], ablation.Control(Measured));
        // Two gains, 3 and 5: the mean is 4, s/√n is 1, and t₁ at 97.5 % is 12.706.
        var gain = ablation.Gain(1, Measured);
        Assert.Equal(4, gain.Value, 1e-12);
        Assert.Equal(4 - 12.7062, gain.Low, 1e-3);
        Assert.True(ablation.Gain(1, Measured, 0.99).High > gain.High);
        Assert.StartsWith("paired", gain.Method, StringComparison.Ordinal);
        // Over log₂ 100 doublings the gains of the two seeds rise by 2.5 and 4.5.
        Assert.Equal(3.5 / Math.Log2(100), ablation.GainPerDoubling(Measured).Value, 1e-12);
    }

    [Fact]
    public void Where_some_values_have_more_seeds_the_common_ones_are_compared()
    {
        var runs = Of(
            Run("CLIP+Reg", 0.1, 0, 2), Run("CLIP+Reg", 0.1, 1, 4), Run("CLIP+Reg", 1, 1, 5), Run("CLIP+Reg", 1, 0, 5), Run("CLIP+Reg", 1, 7, 100), Run("CLIP", 0.1, 7, 3), Run("CLIP", 0.1, 1, 3), Run("CLIP", 0.1, 0, 1));
        var ablation = Sort(runs, Weight);
        Assert.Equal([[1, 1], [4, 2]], ablation.Gains(Measured));
        Assert.Equal(2, ablation.GainPerDoubling(Measured).N);
        // Seeds that one of the two lacks do not count.
        Assert.Equal(1, runs.Difference(run => run is { Method: "CLIP+Reg", Settings.Method.Weight: 0.1 }, run => run.Method == "CLIP", Measured).Value, 1e-12);
    }

    [Fact]
    public void The_slope_a_doubling_is_that_of_a_line_where_the_values_lie_on_one()
    {
        var slope = Ablation.PerDoubling([1, 2, 8, 32], [[5, 0], [5.5, -1], [6.5, -3], [7.5, -5]]);
        Assert.Equal((0.5 - 1) / 2, slope.Value, 1e-12);
        Assert.Equal(2, slope.N);
    }

    [Fact]
    public void Each_value_needs_a_control_with_the_same_seeds_once_each()
    {
        var lonely = Of(Run("CLIP+Reg", 0.1, 0, 1, 32), Run("CLIP+Reg", 0.1, 0, 1, 64), Run("CLIP", 0.1, 0, 1, 64), Run("CLIP", 0.1, 0, 1, 128));
        Assert.Contains("at 32", Assert.Throws<InputException>(() => Sort(lonely, run => run.Settings.BatchSize)).Message, StringComparison.Ordinal);
        var others = Of(Run("CLIP+Reg", 0.1, 0, 1), Run("CLIP", 0.1, 1, 1));
        Assert.Contains("no seed for all", Assert.Throws<InputException>(() => Sort(others, Weight)).Message, StringComparison.Ordinal);
        Assert.Contains("no seeds in common", Assert.Throws<InputException>(() => others.Difference("CLIP+Reg", "CLIP", Measured)).Message, StringComparison.Ordinal);
        var twice = Of(Run("CLIP+Reg", 0.1, 0, 1), Run("CLIP+Reg", 0.1, 0, 1), Run("CLIP", 0.1, 0, 1), Run("CLIP", 0.1, 0, 1));
        Assert.Contains("one of them twice", Assert.Throws<InputException>(() => Sort(twice, Weight).Gains(Measured)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Changes_between_two_values_are_paired_and_what_is_not_among_the_runs_has_no_interval()
    {
        var runs = Of(
            Run("CLIP", 0.1, 0, 1, 32), Run("CLIP", 0.1, 1, 2, 32), Run("CLIP", 0.1, 0, 5, 64), Run("CLIP", 0.1, 1, 8, 64),
            Run("CLIP+Reg", 0.1, 0, 2, 32), Run("CLIP+Reg", 0.1, 1, 4, 32), Run("CLIP+Reg", 0.1, 0, 5, 64), Run("CLIP+Reg", 0.1, 1, 7, 64));
        var ablation = Sort(runs, run => run.Settings.BatchSize);
        Assert.Equal(5, ablation.ControlChange(32, 64, Measured).Value, 1e-12); // 4 and 6
        Assert.Equal(-2, ablation.GainChange(32, 64, Measured).Value, 1e-12); // gains 1, 2 at 32 and 0, −1 at 64
        var nothing = Sort(Of(), Weight);
        Assert.Empty(nothing.Values);
        foreach (var interval in new[] { ablation.Gain(128, Measured), ablation.ControlChange(32, 128, Measured), nothing.GainChange(32, 64, Measured), nothing.GainPerDoubling(Measured), Of().Difference("A", "B", Measured) })
        {
            Assert.False(interval.Exists);
            Assert.Equal("not among these runs", interval.Method);
        }
    }
}
