using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>How far the empirical loss of n batches is from the population loss, at one seed.</summary>
/// <param name="FixedRms">Root mean square of L_S − L_D at the fixed map W*, over draws of S.</param>
/// <param name="BallMaximum">The largest |L_S − L_D| that projected ascent finds over ‖W‖_F ≤ ρ (a lower estimate of the supremum), mean over draws.</param>
/// <param name="Bound">A uniform bound over that ball without hidden constants, <see cref="Bounds.UniformDeviation"/>.</param>
/// <param name="TrainedGap">Mean of L_S(Ŵ) − L_D(Ŵ), Ŵ trained on S.</param>
public sealed record GeneralisationPoint(double FixedRms, double BallMaximum, double Bound, double TrainedGap);

/// <summary>Generalisation at a fixed batch size B as the number n of batches grows (Theorem 3.3).</summary>
public static class GeneralisationStudy
{
    /// <summary>‖W‖_F ≤ ρ.</summary>
    public const double Radius = 3;

    /// <summary>Weight of ‖W‖_F² for the trained map: with it a minimiser exists for every n.</summary>
    public const double Ridge = 0.01;

    /// <summary>Measures all of it at one n.</summary>
    /// <param name="task">Data, n and B.</param>
    /// <param name="temperature">τ.</param>
    /// <param name="seed">Model and all draws.</param>
    /// <param name="draws">Draws of S for the fixed map and, a quarter as many, for the ball and for training.</param>
    /// <param name="reference">Batches that stand for the population.</param>
    public static GeneralisationPoint Measure(LinearTask task, double temperature, long seed, int draws = 24, int reference = 4_000) => task.With(seed, (model, _) =>
    {
        var population = model.SampleBatches(reference, task.Batch, Seeds.Derive(seed, "theory/population"));
        var best = model.OptimalMap();
        double[] fixedGaps = new double[draws], ball = new double[draws / 4], trained = new double[draws / 4];
        var populationAtBest = LinearClip.PopulationLoss(best, population, temperature).Value;
        for (var draw = 0; draw < draws; draw++)
        {
            using var scope = NewDisposeScope();
            var sample = model.SampleBatches(task.Batches, task.Batch, Seeds.Derive(seed, "theory/draw", draw));
            fixedGaps[draw] = LinearClip.BatchLosses(LinearClip.Scores(best, sample.Image, sample.Text), temperature).mean().item<double>() - populationAtBest;
            if (draw >= draws / 4) continue;
            ball[draw] = LargestDeviation(model, sample, population, temperature);
            trained[draw] = TrainedGap(model, sample, population, temperature);
        }
        var norms = population.Image.norm(2).max().item<double>() * population.Text.norm(2).max().item<double>();
        return new GeneralisationPoint(
            Math.Sqrt(fixedGaps.Average(g => g * g)), ball.Average(),
            Bounds.UniformDeviation(task.Batches, task.Batch, model.ImageDim * model.TextDim, Radius, norms, temperature), trained.Average());
    });

    // Steps along the sign of the difference with a falling length, back onto the ball.
    private static double LargestDeviation(SharedFeatureModel model, PairSample sample, PairSample population, double temperature)
    {
        using var scope = NewDisposeScope();
        var objective = LinearObjective.Clip(temperature);
        var map = LinearTask.Zero(model);
        double worst = 0;
        for (var step = 0; step < 12; step++)
        {
            var (a, up) = LinearClip.Evaluate(map, sample, objective);
            var (b, down) = LinearClip.Evaluate(map, population, objective);
            worst = Math.Max(worst, Math.Abs(a - b));
            var direction = (a >= b ? 1 : -1) * (up - down);
            map = map + Radius / (1 + step / 4.0) * direction / direction.norm().clamp_min(1e-12);
            map = map * Math.Min(1, Radius / map.norm().item<double>());
        }
        return worst;
    }

    private static double TrainedGap(SharedFeatureModel model, PairSample sample, PairSample population, double temperature)
    {
        using var scope = NewDisposeScope();
        var map = ConvexSolver.Minimise(LinearTask.Function(sample, new LinearObjective(temperature) { Ridge = Ridge }), LinearTask.Zero(model), 60, 1e-6).Map;
        var objective = LinearObjective.Clip(temperature);
        return LinearClip.Evaluate(map, sample, objective).Value - LinearClip.Evaluate(map, population, objective).Value;
    }

    /// <summary>The slope of log |y| over log x by least squares.</summary>
    /// <param name="x">Positive.</param>
    /// <param name="y">Not 0.</param>
    public static double LogSlope(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        double[] u = [.. x.Select(value => Math.Log(value))], v = [.. y.Select(value => Math.Log(Math.Abs(value)))];
        double meanU = u.Average(), meanV = v.Average();
        return u.Zip(v, (a, b) => (a - meanU) * (b - meanV)).Sum() / u.Sum(a => (a - meanU) * (a - meanU));
    }
}
