using ClipTransfer.Theory;
using CsCheck;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Theory;

public class PromptTransferTests
{
    [Fact]
    public void The_papers_map_never_errs_and_its_smallest_margin_is_gamma()
    {
        using var scope = NewDisposeScope();
        using var model = new SharedFeatureModel(new SharedFeatureSettings { Classes = 6, Gamma = 0.3, TextDictionary = new DictionarySettings(Conditioning: 3) });
        var result = PromptTransfer.Measure(model, PromptTransfer.Linear(model.OptimalMap()), 0.5, 1);
        Assert.Equal(0, result.Top1Error);
        Assert.All(result.Margins.Values, margin => Assert.Equal(0.3, margin, 1e-10));
        // log(1 + 5·exp(−γ/τ)), since every competitor has the margin γ.
        Assert.Equal(Math.Log(1 + 5 * Math.Exp(-0.6)), result.LogSumExp, 1e-10);
    }

    [Fact]
    public void A_constant_score_ties_everywhere_and_every_tie_is_an_error()
    {
        using var scope = NewDisposeScope();
        using var model = new SharedFeatureModel(new SharedFeatureSettings { Classes = 5 });
        var result = PromptTransfer.Measure(model, (x, _, y) => zeros(x.shape[0], y.shape[0], dtype: float64), 1, 1);
        Assert.Equal(1, result.Top1Error, 1e-12);
        Assert.Equal(1, result.Top3Error, 1e-12);
        Assert.Equal(Math.Log(5), result.LogSumExp, 1e-12);
    }

    [Fact]
    public void The_top_r_bounds_hold_for_random_maps() => Gen.Select(Gen.Double[0.02, 3], Gen.Int[0, 99_999]).Sample((temperature, seed) =>
    {
        using var scope = NewDisposeScope();
        using var model = new SharedFeatureModel(new SharedFeatureSettings { Classes = 4, ClassProbabilities = [0.1, 0.2, 0.3, 0.4], Seed = seed });
        using var generator = new Generator((ulong)seed);
        var map = model.OptimalMap() + 0.5 * randn(model.TextDim, model.ImageDim, dtype: float64, generator: generator);
        var result = PromptTransfer.Measure(model, PromptTransfer.Linear(map), temperature, seed, new PromptTransferOptions(2, 2));
        Assert.InRange(result.Top1Error, 0, result.Bound(1) + 1e-12);
        Assert.InRange(result.Top3Error, 0, result.Bound(3) + 1e-12);
        Assert.Equal(result.Top1Error, Bounds.MeanError(model.Probabilities, result.ErrorByClass), 1e-12);
    }, iter: 200);

    [Fact]
    public void The_worst_margin_is_below_every_sampled_one_and_is_reached()
    {
        using var scope = NewDisposeScope();
        using var model = new WorkedInstance(4, new Rational(3, 10)).ToModel(new SphericalFeature(2, 1, 0.4, 1));
        using var generator = new Generator(3);
        var map = model.OptimalMap() + 0.2 * randn(model.TextDim, model.ImageDim, dtype: float64, generator: generator);
        var worst = PromptTransfer.WorstMargin(model, map);
        var sampled = PromptTransfer.Measure(model, PromptTransfer.Linear(map), 1, 5, new PromptTransferOptions(500, 20)).Margins.Values.Min();
        // 40,000 draws of a circle come within a degree or so of the worst direction.
        Assert.InRange(sampled - worst, 0, 0.01);
    }

    [Fact]
    public void On_the_worked_instance_a_trained_map_has_a_positive_worst_margin_where_the_regression_errs()
    {
        var point = SquareLossStudy.TrainOnWorkedInstance(4, 48, 0.1, 1);
        Assert.True(point.WorstMargin > 0);
        Assert.Equal(0, point.Error);
        using var model = new WorkedInstance(4, new Rational(3, 10)).ToModel();
        using var best = SquareLoss.BestLinear(model);
        // The best linear map is the regression here; ⟨·⟩ loses by 1/30 on class 1 with prompt e1.
        Assert.Equal(-1.0 / 30, PromptTransfer.WorstMargin(model, best), 1e-9);
    }

    [Fact]
    public void The_floor_of_a_training_set_is_the_loss_of_a_stretched_optimal_map()
    {
        new LinearTask(new SharedFeatureSettings { Classes = 5, TextOnly = new SphericalFeature(0), ImageOnly = new SphericalFeature(0) }, 20, 6).With(2, (model, batches) =>
        {
            Assert.Equal(LinearTask.Floor(batches), LinearClip.Evaluate(500 * model.OptimalMap(), batches, LinearObjective.Clip(1)).Value, 1e-9);
            return 0;
        });
        Assert.Equal(0, new LinearTask(new SharedFeatureSettings { Classes = 5 }, 4, 5, Distinct: true).With(2, (_, batches) => LinearTask.Floor(batches)), 1e-12);
    }

    [Fact]
    public void Where_nothing_is_kept_the_regression_is_flawless_and_with_samples_it_comes_near()
    {
        var task = new LinearTask(new SharedFeatureSettings { Classes = 6, ImageDictionary = new DictionarySettings(Conditioning: 2) }, 16, 12);
        var point = SquareLossStudy.Compare(task, 0.1, 1);
        Assert.Equal((0, 0, 0), (point.Regression, point.ByDistance, point.Optimal));
        var (few, many) = (SquareLossStudy.Learn(task.Data, 50, 1), SquareLossStudy.Learn(task.Data, 5_000, 1));
        Assert.InRange(few.Distance / many.Distance, 5, 20);
    }
}
