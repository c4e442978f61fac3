using ClipTransfer.Theory;
using CsCheck;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Theory;

public class LinearClipTests
{
    private static SharedFeatureModel Model(int classes = 5, long seed = 1) => new(new SharedFeatureSettings
    {
        Classes = classes,
        Gamma = 0.4,
        ImageOnly = new SphericalFeature(3),
        TextOnly = new SphericalFeature(2, 1, 0.4, 0.5),
        ImageDictionary = new DictionarySettings(Conditioning: 3),
        Seed = seed,
    });

    private static Tensor RandomMap(SharedFeatureModel model, int seed, double scale = 1)
    {
        using var generator = new Generator((ulong)seed);
        return scale * randn(model.TextDim, model.ImageDim, dtype: float64, generator: generator);
    }

    // The objective again, in the plainest tensor words, for autograd.
    private static Tensor Plain(Tensor map, PairSample batches, LinearObjective o)
    {
        var total = zeros([], dtype: float64);
        var n = batches.Image.shape[0];
        for (var b = 0; b < n; b++)
        {
            Tensor x = batches.Image[b], y = batches.Text[b], u = x.matmul(map.t());
            var f = u.matmul(y.t());
            var size = f.shape[0];
            var off = 1 - eye(size, dtype: float64);
            var own = f.diagonal();
            total = total + o.Contrastive * (((f - own.unsqueeze(1)) / o.Temperature).exp().sum(1).log().mean() + ((f - own.unsqueeze(0)) / o.Temperature).exp().sum([0]).log().mean());
            total = total + o.Positive * (u - y).square().sum(1).mean();
            total = total + o.Negative * (f * off).square().sum() / (size * (size - 1));
            total = total + 2 * size * (o.InModal * (u.matmul(u.t()) - y.matmul(y.t())).square().mean() + o.CrossModal * (f - f.t()).square().mean());
        }
        return total / n + o.Ridge * map.square().sum();
    }

    public static TheoryData<LinearObjective> Objectives() =>
    [
        LinearObjective.Clip(0.5),
        LinearObjective.Clip(0.05),
        LinearObjective.ClipReg(0.3, 0.7),
        LinearObjective.CyClip(0.4),
        new(0.5) { Contrastive = 0, Positive = 1 },
        new(0.5) { Contrastive = 0, Negative = 1 },
        new(0.5) { Contrastive = 0, InModal = 1 },
        new(0.5) { Contrastive = 0, CrossModal = 1 },
        new(0.5) { Contrastive = 0, Ridge = 1 },
        new(0.2) { Contrastive = 1.5, Positive = 0.3, Negative = 0.4, InModal = 0.5, CrossModal = 0.6, Ridge = 0.1 },
    ];

    [Theory]
    [MemberData(nameof(Objectives))]
    public void The_gradient_agrees_with_autograd_to_ten_digits(LinearObjective objective)
    {
        using var scope = NewDisposeScope();
        using var model = Model();
        var batches = model.SampleBatches(3, 6, 2);
        var map = RandomMap(model, 3);
        var (value, gradient) = LinearClip.Evaluate(map, batches, objective);
        var tracked = map.clone().requires_grad_(true);
        var plain = Plain(tracked, batches, objective);
        plain.backward();
        Assert.Equal(plain.item<double>(), value, 1e-10 * Math.Max(1, Math.Abs(value)));
        var scale = Math.Max(1, gradient.abs().max().item<double>());
        Assert.InRange((tracked.grad! - gradient).abs().max().item<double>() / scale, 0, 1e-10);
    }

    [Theory]
    [MemberData(nameof(Objectives))]
    public void The_gradient_agrees_with_finite_differences(LinearObjective objective)
    {
        using var scope = NewDisposeScope();
        using var model = Model();
        var batches = model.SampleBatches(3, 6, 2);
        Tensor map = RandomMap(model, 4), direction = RandomMap(model, 5);
        var slope = (LinearClip.Evaluate(map, batches, objective).Gradient * direction).sum().item<double>();
        const double H = 1e-5;
        var difference = (LinearClip.Evaluate(map.add(direction, alpha: H), batches, objective).Value - LinearClip.Evaluate(map.add(direction, alpha: -H), batches, objective).Value) / (2 * H);
        Assert.Equal(difference, slope, 1e-5 * Math.Max(1, Math.Abs(slope)));
    }

    [Fact]
    public void Scores_so_far_apart_that_a_row_underflows_still_have_the_right_loss_and_gradient()
    {
        using var scope = NewDisposeScope();
        using var model = Model();
        var batches = model.SampleBatches(2, 6, 2);
        var map = RandomMap(model, 3, 1000);
        var (value, gradient) = LinearClip.Evaluate(map, batches, LinearObjective.Clip(0.01));
        Assert.Equal(LinearClip.BatchLosses(LinearClip.Scores(map, batches.Image, batches.Text), 0.01).mean().item<double>(), value, 1e-9 * value);
        Assert.True(gradient.isfinite().all().item<bool>());
        var step = map.add(gradient, alpha: -1e-6);
        Assert.True(LinearClip.Evaluate(step, batches, LinearObjective.Clip(0.01)).Value < value);
    }

    [Fact]
    public void The_batch_loss_agrees_with_plain_loops() => Gen.Select(Gen.Int[2, 7], Gen.Double[0.1, 3], Gen.Int[0, 9999]).Sample((batch, temperature, seed) =>
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var f = randn(batch, batch, dtype: float64, generator: generator);
        double F(int i, int j) => f[i, j].item<double>();
        double loss = 0;
        for (var i = 0; i < batch; i++)
        {
            double images = 0, texts = 0;
            for (var j = 0; j < batch; j++)
            {
                images += Math.Exp((F(j, i) - F(i, i)) / temperature);
                texts += Math.Exp((F(i, j) - F(i, i)) / temperature);
            }
            loss += (Math.Log(images) + Math.Log(texts)) / batch;
        }
        Assert.Equal(loss, LinearClip.BatchLosses(f, temperature).item<double>(), 1e-10 * Math.Max(1, loss));
    }, iter: 60);

    [Fact]
    public void The_loss_is_convex_along_random_segments() => Gen.Select(Gen.Double[0, 1], Gen.Int[0, 9999]).Sample((t, seed) =>
    {
        using var scope = NewDisposeScope();
        using var model = Model();
        var batches = model.SampleBatches(2, 5, seed);
        var objective = new LinearObjective(0.3) { Positive = 0.2, Negative = 0.3, CrossModal = 0.1 };
        Tensor a = RandomMap(model, seed), b = RandomMap(model, seed + 1);
        double At(Tensor map) => LinearClip.Evaluate(map, batches, objective).Value;
        Assert.True(At((1 - t) * a + t * b) <= (1 - t) * At(a) + t * At(b) + 1e-9);
    }, iter: 40);

    [Fact]
    public void The_population_loss_of_a_huge_margin_is_the_closed_form_infimum()
    {
        using var scope = NewDisposeScope();
        using var model = Model();
        var batches = model.SampleBatches(4_000, 8, 5);
        // Exactly W*'s scores, stretched: every negative is lost, every unintended positive ties.
        var loss = LinearClip.PopulationLoss(200 * model.OptimalMap(), batches, 1);
        var infimum = UnintendedPositives.LossInfimum([.. model.Probabilities], 8);
        Assert.InRange(loss.Value, infimum - 3 * loss.StandardError, infimum + 3 * loss.StandardError);
        Assert.InRange(loss.StandardError, 0, 0.02);
        // No other map that was tried goes below it.
        for (var seed = 0; seed < 5; seed++)
            Assert.True(LinearClip.PopulationLoss(RandomMap(model, seed, 10), batches, 1).Value > infimum);
    }

    [Fact]
    public void From_zero_with_steps_proportional_to_the_squared_temperature_the_margin_is_exactly_proportional_to_the_temperature()
    {
        using var scope = NewDisposeScope();
        using var model = Model();
        var batches = model.SampleBatches(4, 5, 2, distinct: true);
        var held = model.SampleBatches(20, 5, 3, distinct: true);
        double[] Trained(double temperature)
        {
            var end = GradientDescent.Run(w => LinearClip.Evaluate(w, batches, LinearObjective.Clip(temperature)), zeros(model.TextDim, model.ImageDim, dtype: float64), 0.5 * temperature * temperature, 120);
            return [.. Margins.OfBatches(LinearClip.Scores(end.Map, held.Image, held.Text), MarginKind.BestOther, MarginDirection.ImageToText).Values];
        }
        var unit = Trained(1);
        Assert.InRange(unit.Average(), 0.1, 100);
        foreach (var temperature in new[] { 0.01, 0.07, 0.5 })
            Assert.All(Trained(temperature).Zip(unit), pair => Assert.Equal(pair.Second, pair.First / temperature, 1e-10 * Math.Max(1, Math.Abs(pair.Second))));
    }

    [Fact]
    public void The_solver_finds_the_least_squares_map_when_only_the_regulariser_is_on()
    {
        using var scope = NewDisposeScope();
        using var model = Model();
        var pairs = model.Sample(600, 4);
        var solved = ConvexSolver.Minimise(w => LinearClip.Evaluate(w, pairs.AsBatches(6), new LinearObjective(1) { Contrastive = 0, Positive = 2 }), zeros(model.TextDim, model.ImageDim, dtype: float64));
        Assert.Equal(0, (solved.Map - SquareLoss.FitLinear(pairs)).abs().max().item<double>(), 1e-7);
        Assert.StartsWith("gradient norm", solved.StopRule, StringComparison.Ordinal);
    }

    [Fact]
    public void The_solver_and_long_gradient_descent_agree_and_the_certificate_covers_the_excess()
    {
        using var scope = NewDisposeScope();
        using var model = Model();
        var batches = model.SampleBatches(10, 6, 4);
        var objective = LinearObjective.ClipReg(0.5, 0.5);
        var zero = zeros(model.TextDim, model.ImageDim, dtype: float64);
        (double, Tensor) F(Tensor w) => LinearClip.Evaluate(w, batches, objective);
        var solved = ConvexSolver.Minimise(F, zero, gradientTolerance: 1e-10);
        var descended = GradientDescent.Run(F, zero, 0.3, 4_000);
        Assert.Equal(solved.Value, descended.Value, 1e-7);
        var early = GradientDescent.Run(F, zero, 0.3, 30);
        var certificate = Bounds.ExcessFromGradient(early.GradientNorm, Bounds.StrongConvexity(batches, objective));
        Assert.InRange(early.Value - solved.Value, 1e-6, certificate);
    }

    [Fact]
    public void The_papers_step_size_and_number_reach_the_promised_excess()
    {
        using var scope = NewDisposeScope();
        using var model = new SharedFeatureModel(new SharedFeatureSettings { Classes = 2, Gamma = 1, ImageOnly = new SphericalFeature(2), TextOnly = new SphericalFeature(2) });
        var batches = model.SampleBatches(60, 4, 1);
        const double Temperature = 1, Excess = 0.5;
        Tensor zero = zeros(model.TextDim, model.ImageDim, dtype: float64), best = model.OptimalMap();
        (double Value, Tensor) F(Tensor w) => LinearClip.Evaluate(w, batches, LinearObjective.Clip(Temperature));
        var target = F(best).Value + Excess;
        var step = GradientDescent.PaperStepSize(model, Temperature, Excess);
        Assert.Equal(0.5 / 16, step, 1e-12);
        var steps = GradientDescent.PaperSteps(zero, best, step, Excess);
        Assert.Equal(4 * 2 / (step * Excess), steps, 1e-6);
        var end = GradientDescent.Run(F, zero, step, (int)steps, s => s.Value <= target, "loss reached");
        Assert.Equal("loss reached", end.StopRule);
    }

    [Fact]
    public void Training_leaves_no_tensor_behind()
    {
        using var scope = NewDisposeScope();
        using var model = Model();
        var batches = model.SampleBatches(4, 5, 2);
        var zero = zeros(model.TextDim, model.ImageDim, dtype: float64);
        var before = TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using (ConvexSolver.Minimise(w => LinearClip.Evaluate(w, batches, LinearObjective.ClipReg(0.5, 1)), zero, 40).Map) { }
        using (GradientDescent.Run(w => LinearClip.Evaluate(w, batches, LinearObjective.Clip(0.5)), zero, 0.1, 40).Map) { }
        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }
}
