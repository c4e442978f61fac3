using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>One moment of a training run.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Loss">Batch loss above its floor.</param>
/// <param name="GradientNorm">‖∇‖_F.</param>
/// <param name="Margin">Median prompt margin on fresh pictures.</param>
/// <param name="BatchMargin">Median batch margin on fresh batches, unintended positives counted among the others.</param>
public sealed record TracePoint(int Step, double Loss, double GradientNorm, double Margin, double BatchMargin);

/// <summary>How the margin of the linear score depends on the temperature, under stop rules that are named (Corollary 6.1, Theorem 6.2 [S]).</summary>
/// <remarks>
/// L depends on W/τ alone. So from W⁰ = 0 with η ∝ τ² the whole run scales with τ and the margin is exactly τ·m(t): a tautology. The batch
/// loss has no minimiser (without unintended positives its infimum 0 lies at infinite margins), hence every number needs its stop rule.
/// </remarks>
public static class TemperatureStudy
{
    /// <summary>One run of plain gradient descent, looked at when the loss first falls below each threshold.</summary>
    /// <param name="settings">Data and sizes.</param>
    /// <param name="temperature">τ.</param>
    /// <param name="excesses">ε's in falling order.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="startScale">‖W⁰‖ as a multiple of ‖W*‖, in a random direction; 0 starts at 0.</param>
    /// <param name="maxSteps">A threshold that was not reached by then is left out.</param>
    public static IReadOnlyList<TracePoint> AtExcesses(
        LinearStudySettings settings, double temperature, IReadOnlyList<double> excesses, long seed, double startScale = 0, int maxSteps = 20_000)
    {
        using var study = new LinearStudy(settings, seed);
        var points = new List<TracePoint>();
        Descend(study, temperature, temperature * temperature, maxSteps, Start(study, startScale), step =>
        {
            while (points.Count < excesses.Count && step.Value - study.Floor <= excesses[points.Count]) points.Add(Look(study, step));
            return points.Count == excesses.Count;
        });
        return points;
    }

    /// <summary>One run of plain gradient descent, looked at after given numbers of steps.</summary>
    /// <param name="settings">Data and sizes.</param>
    /// <param name="temperature">τ.</param>
    /// <param name="stepSize">η.</param>
    /// <param name="steps">Rising.</param>
    /// <param name="seed">The seed.</param>
    public static IReadOnlyList<TracePoint> AtSteps(LinearStudySettings settings, double temperature, double stepSize, IReadOnlyList<int> steps, long seed)
    {
        using var study = new LinearStudy(settings, seed);
        var points = new List<TracePoint>();
        Descend(study, temperature, stepSize, steps[^1], Start(study, 0), step =>
        {
            if (step.Iteration == steps[points.Count]) points.Add(Look(study, step));
            return points.Count == steps.Count;
        });
        return points;
    }

    /// <summary>A step size that is stable whatever W is: 1/L = τ²/(2X²Y²), X and Y the largest norms of pictures and texts.</summary>
    /// <remarks>Each log-sum-exp has as its Hessian a variance of ⟨·, y xᵀ⟩/τ, at most X²Y²/τ² in any unit direction; there are two of them.</remarks>
    public static double StableStep(LinearStudySettings settings, double temperature, long seed)
    {
        using var study = new LinearStudy(settings, seed);
        var x = study.Train.Image.norm(2).max().item<double>();
        var y = study.Train.Text.norm(2).max().item<double>();
        return temperature * temperature / (2 * x * x * y * y);
    }

    private static void Descend(LinearStudy study, double temperature, double stepSize, int steps, Tensor start, Func<SolverStep, bool> stop)
    {
        var objective = LinearObjective.Clip(temperature);
        GradientDescent.Run(w => LinearClip.Evaluate(w, study.Train, objective), start, stepSize, steps, stop).Map.Dispose();
    }

    private static Tensor Start(LinearStudy study, double scale)
    {
        if (scale == 0) return study.Zero();
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)Seeds.Derive(study.Seed, "study/start"));
        var direction = randn(study.Model.TextDim, study.Model.ImageDim, dtype: float64, generator: generator);
        return (scale * study.Model.OptimalMap().norm() / direction.norm() * direction).MoveToOuterDisposeScope();
    }

    private static TracePoint Look(LinearStudy study, SolverStep step)
    {
        using var scope = NewDisposeScope();
        var report = study.Judge(new Solution(step.Map, step.Value, step.GradientNorm, step.Iteration, ""));
        var fresh = study.Model.SampleBatches(20, study.Settings.Batch, Seeds.Derive(study.Seed, "study/batches"), study.Settings.Distinct);
        var batch = Margins.OfBatches(LinearClip.Scores(step.Map, fresh.Image, fresh.Text), MarginKind.BestOther, MarginDirection.ImageToText);
        return new TracePoint(step.Iteration, step.Value - study.Floor, step.GradientNorm, report.Margin, batch.Median.Value);
    }
}
