using ClipTransfer.Theory;
using CsCheck;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Theory;

public class BoundsTests
{
    [Fact]
    public void The_top_r_bound_is_never_violated_in_a_thousand_random_instances() =>
        Gen.Select(Gen.Int[2, 12], Gen.Int[1, 6], Gen.Double[0.02, 3], Gen.Int[1, 40], Gen.Int[0, 1_000_000]).Sample((classes, top, temperature, images, seed) =>
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator((ulong)seed);
            // Coarse scores, so that ties happen.
            var scores = randn(images, classes, dtype: float64, generator: generator).mul(2).round();
            var own = randint(0, classes, images, dtype: int64, generator: generator);
            scores.scatter_add_(1, own.unsqueeze(1), ones(images, 1, dtype: float64) * (seed % 3));
            var error = Bounds.TopMisses(scores, own, top).Average(miss => miss ? 1.0 : 0.0);
            var bound = Bounds.TopError(Bounds.LogSumExpOverPrompts(scores, own, temperature).Average(), top);
            Assert.True(error <= bound + 1e-12, $"error {error} above {bound}");
        }, iter: 1_000);

    [Fact]
    public void The_shift_bound_is_never_violated_in_a_thousand_random_instances() =>
        Gen.Select(Gen.Int[2, 20], Gen.Int[0, 1_000_000]).Sample((classes, seed) =>
        {
            var random = new Random(seed);
            double[] Law()
            {
                var weights = Enumerable.Range(0, classes).Select(_ => Math.Pow(random.NextDouble(), 4) + 1e-6).ToArray();
                var total = weights.Sum();
                return [.. weights.Select(w => w / total)];
            }
            double[] p = Law(), q = Law();
            var errors = Enumerable.Range(0, classes).Select(_ => random.Next(3) switch { 0 => 0.0, 1 => 1.0, _ => random.NextDouble() }).ToArray();
            var bound = Bounds.ShiftedError(Bounds.MeanError(p, errors), Bounds.ChiSquared(q, p));
            Assert.True(Bounds.MeanError(q, errors) <= bound + 1e-12);
        }, iter: 1_000);

    [Fact]
    public void The_shift_bound_is_reached_where_the_errors_make_it_tight()
    {
        // Errors 1 on a part A and 0 elsewhere: error_Q − error_P = q(A) − p(A), and χ² ≥ (q(A) − p(A))²/(p(A)(1 − p(A))) with equality here.
        double[] p = [0.01, 0.99], q = [0.2, 0.8], errors = [1, 0];
        var bound = Bounds.ShiftedError(Bounds.MeanError(p, errors), Bounds.ChiSquared(q, p));
        Assert.Equal(0.01 + Math.Sqrt(0.19 * 0.19 / 0.99), bound, 1e-12);
        Assert.InRange(bound / Bounds.MeanError(q, errors), 1, 1.01);
    }

    [Fact]
    public void Log_sum_exp_and_misses_agree_with_loops()
    {
        using var scope = NewDisposeScope();
        var scores = tensor(new[,] { { 1.0, 0.5, 0.5 }, { 0.2, 0.2, 0.9 }, { 0.0, 3.0, 1.0 } });
        var own = tensor(new long[] { 0, 1, 2 });
        var expected = new[]
        {
            Math.Log(1 + 2 * Math.Exp(-0.5 / 0.1)), Math.Log(2 + Math.Exp(0.7 / 0.1)), Math.Log(Math.Exp(-10) + Math.Exp(20) + 1),
        };
        Assert.All(expected.Zip(Bounds.LogSumExpOverPrompts(scores, own, 0.1)), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        Assert.Equal([false, true, true], Bounds.TopMisses(scores, own, 1));
        Assert.Equal([false, true, false], Bounds.TopMisses(scores, own, 2));
        Assert.Equal([false, false, false], Bounds.TopMisses(scores, own, 3));
    }

    [Fact]
    public void Chi_squared_has_its_known_values()
    {
        Assert.Equal(0, Bounds.ChiSquared([0.3, 0.7], [0.3, 0.7]));
        Assert.Equal(0.25 / 0.5 * 2, Bounds.ChiSquared([1, 0], [0.5, 0.5]), 1e-12);
        Assert.Equal(double.PositiveInfinity, Bounds.ChiSquared([0.5, 0.5], [1, 0]));
    }

    [Fact]
    public void The_shape_of_epsilon_prime_falls_with_the_margin_and_has_its_terms()
    {
        // C_B + 2 = 1/(0.1·10) + 2 = 3; 2B e^{−γ/τ} = 20 e^{−5}; Mα/τ = 2·0.1/0.1 = 2; (Mβ)^{1/3}/τ = 0.5/0.1 = 5; ε = 0.25.
        Assert.Equal(3 * (0.25 + 2 + 5 + 20 * Math.Exp(-5)), Bounds.EpsilonPrimeShape(10, 0.5, 0.1, 0.1, 0.25, 0.1, 0.0625, 2), 1e-12);
    }

    [Fact]
    public void The_uniform_bound_covers_the_largest_deviation_that_ascent_can_find()
    {
        using var scope = NewDisposeScope();
        using var model = new SharedFeatureModel(new SharedFeatureSettings { Classes = 3, ImageOnly = new SphericalFeature(1), TextOnly = new SphericalFeature(1) });
        const double Radius = 2, Temperature = 1;
        var (large, small) = (model.SampleBatches(1_500, 4, 1), model.SampleBatches(30, 4, 2));
        var objective = LinearObjective.Clip(Temperature);
        var map = zeros(4, 4, dtype: float64);
        double worst = 0;
        for (var step = 0; step < 40; step++)
        {
            var (a, up) = LinearClip.Evaluate(map, small, objective);
            var (b, down) = LinearClip.Evaluate(map, large, objective);
            worst = Math.Max(worst, Math.Abs(a - b));
            map = map + 0.5 * Math.Sign(a - b == 0 ? 1 : a - b) * (up - down);
            map = map * Math.Min(1, Radius / map.norm().item<double>());
        }
        var norms = large.Image.norm(2).max().item<double>() * large.Text.norm(2).max().item<double>();
        Assert.InRange(worst, 0.01, Bounds.UniformDeviation(30, 4, 16, Radius, norms, Temperature));
        // 100 times the batches: about a tenth.
        Assert.InRange(Bounds.UniformDeviation(30, 4, 16, Radius, norms, Temperature) / Bounds.UniformDeviation(3_000, 4, 16, Radius, norms, Temperature), 7, 10);
    }
}
