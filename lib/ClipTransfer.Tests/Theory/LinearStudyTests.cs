using ClipTransfer.Runtime;
using ClipTransfer.Theory;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Theory;

public class LinearStudyTests
{
    private static readonly LinearStudySettings _small = new()
    {
        Data = new SharedFeatureSettings { Classes = 5, Gamma = 0.4, ImageOnly = new SphericalFeature(2), TextOnly = new SphericalFeature(2) },
        Batch = 5,
        Batches = 12,
        TestImages = 40,
        PromptSets = 2,
    };

    [Fact]
    public void The_batch_loss_alone_is_refused_a_minimum() =>
        Assert.Throws<InputException>(() => LinearStudy.Minimum(_small, LinearObjective.Clip(0.1), 1));

    [Fact]
    public void With_the_regulariser_the_minimum_is_certified_and_its_margin_is_of_the_order_of_gamma()
    {
        var report = LinearStudy.Minimum(_small, LinearObjective.ClipReg(0.01, 1), 1);
        using var study = new LinearStudy(_small, 1);
        // The stated excess: the certificate, not the gradient, says how far from the minimum it can be.
        Assert.InRange(Bounds.ExcessFromGradient(report.GradientNorm, Bounds.StrongConvexity(study.Train, LinearObjective.ClipReg(0.01, 1))), 0, 1.001e-5);
        Assert.InRange(report.Margin, 0.2 * 0.4, 2 * 0.4);
        Assert.Equal(0, report.Error);
        Assert.Equal(80, report.Margins.Count);
    }

    [Fact]
    public void Equal_excess_stops_at_the_floor_of_the_batches_that_were_drawn()
    {
        using var study = new LinearStudy(_small, 2);
        // m by counting, pair by pair.
        var numbers = study.Train.ClassNumbers;
        var expected = Enumerable.Range(0, numbers.Length).Average(i => 2 * Math.Log(numbers.Skip(i / 5 * 5).Take(5).Count(k => k == numbers[i])));
        Assert.Equal(expected, study.Floor, 1e-12);
        var report = LinearStudy.AtExcess(_small, LinearObjective.Clip(0.3), 0.2, 2);
        Assert.StartsWith("loss ≤ floor", report.StopRule, StringComparison.Ordinal);
        Assert.InRange(report.Loss - study.Floor, 0.1, 0.2);
    }

    [Fact]
    public void At_equal_excess_the_margin_over_the_temperature_is_one_number_to_ten_digits()
    {
        var distinct = _small with { Distinct = true };
        double[] excesses = [1, 0.3, 0.1];
        var unit = TemperatureStudy.AtExcesses(distinct, 1, excesses, 3);
        Assert.Equal(3, unit.Count);
        foreach (var temperature in new[] { 0.01, 0.2 })
        {
            var scaled = TemperatureStudy.AtExcesses(distinct, temperature, excesses, 3);
            for (var k = 0; k < 3; k++)
            {
                Assert.Equal(unit[k].Step, scaled[k].Step);
                Assert.Equal(unit[k].Margin, scaled[k].Margin / temperature, 1e-10);
            }
        }
        // From elsewhere than 0 it is not.
        var elsewhere = TemperatureStudy.AtExcesses(distinct, 0.01, excesses, 3, startScale: 1)[0].Margin / 0.01;
        Assert.True(Math.Abs(elsewhere - unit[0].Margin) > 0.1);
    }

    [Fact]
    public void The_stable_step_lowers_the_loss_at_every_look()
    {
        var step = TemperatureStudy.StableStep(_small, 0.2, 4);
        var trace = TemperatureStudy.AtSteps(_small, 0.2, step, [0, 1, 2, 5, 20, 100], 4);
        Assert.All(trace.Zip(trace.Skip(1)), pair => Assert.True(pair.Second.Loss < pair.First.Loss));
        Assert.Equal([0, 1, 2, 5, 20, 100], trace.Select(p => p.Step));
    }

    [Fact]
    public void Unit_towers_learn_within_their_bounds_and_a_trained_temperature_stays_within_its_clamp()
    {
        var towers = new UnitTowerSettings(EmbedDim: 6, Steps: 60, LearningRate: 0.05);
        var report = UnitTowers.Train(_small with { Distinct = true }, towers, 0.1, 5);
        Assert.InRange(report.Loss, 0, 0.5 * 2 * Math.Log(5));
        Assert.All(report.Margins, m => Assert.InRange(m, -2.0, 2.0));
        Assert.InRange(report.Margin, 0.1, 2);
        Assert.Equal(0.1, report.Temperature, 1e-12);
        // A start outside the clamp is brought inside by the first step: log(1/τ) ∈ [0, ln 100].
        var trained = UnitTowers.Train(_small with { Distinct = true }, towers with { TrainTemperature = true, Steps = 3 }, 5, 5);
        Assert.InRange(trained.Temperature, 0.8, 1);
    }

    [Fact]
    public void A_heavy_regulariser_inherits_the_error_of_the_square_loss_and_a_light_one_does_not()
    {
        using var instance = new WorkedInstance(4, new Rational(3, 10)).ToModel();
        var settings = new LinearStudySettings { Data = instance.Settings, Batch = 8, Batches = 200 };
        Assert.Equal(0, RegressionLimit.Error(settings, 0.05, 0.01, 1), 1e-12);
        Assert.Equal(RegressionLimit.Error(settings, 0.05, double.PositiveInfinity, 1), RegressionLimit.Error(settings, 0.05, 1e5, 1), 1e-9);
        Assert.InRange(RegressionLimit.Error(settings, 0.05, 1e5, 1), 0.5 / 12, 1.5 / 12);
    }

    [Fact]
    public void The_repelling_regulariser_is_minus_the_mean_squared_distance_of_negative_pairs()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        Tensor Unit() => nn.functional.normalize(randn(2, 5, 4, dtype: float64, generator: generator), dim: -1);
        var (g, h) = (Unit(), Unit());
        double sum = 0;
        for (var n = 0; n < 2; n++)
            for (var i = 0; i < 5; i++)
                for (var j = 0; j < 5; j++)
                    if (i != j) sum += (g[n, i] - h[n, j]).square().sum().item<double>();
        Assert.Equal(-sum / 40, UnitTowers.Repulsion(g.matmul(h.transpose(1, 2))).item<double>(), 1e-12);
    }
}
