using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>What a W trained on the batch loss has learned.</summary>
/// <param name="ExcessOverOptimal">L(W) − L(W*) on fresh batches: the ε of Theorem 4.2, below 0 where W has a larger margin than W*.</param>
/// <param name="ExcessOverInfimum">L(W) − 2·E[log m] on fresh batches: above the least any score can reach.</param>
/// <param name="Transfer">Zero-shot transfer on fresh images and prompts.</param>
/// <param name="OptimalTransfer">The same of W*, on the same images and prompts.</param>
/// <param name="SharedShare">Share of ‖HᵀWG‖² that maps shared to shared, after the mean over classes is taken out; 1 for W*.</param>
/// <param name="Cosine">Cosine of the centred shared block with that of W*.</param>
/// <param name="Variance">(E Var_{x|z} f + E Var_{y|z} f)/M², M the largest |f| seen: the second statement of Theorem 4.2.</param>
public sealed record ContrastivePoint(
    double ExcessOverOptimal, double ExcessOverInfimum, PromptTransferResult Transfer, PromptTransferResult OptimalTransfer, double SharedShare, double Cosine, double Variance);

/// <summary>Steps that gradient descent needs to reach L(W*) + ε (Theorem 5.5).</summary>
/// <param name="Rule">Which step size.</param>
/// <param name="StepSize">η; NaN where a line search chooses it.</param>
/// <param name="Demanded">Steps that the paper's bound demands; NaN for rules that it does not speak of.</param>
/// <param name="Needed">Steps really taken.</param>
/// <param name="Reached">Whether the loss was reached.</param>
public sealed record StepRulePoint(string Rule, double StepSize, double Demanded, int Needed, bool Reached);

/// <summary>The error on a shifted law of classes, and its bound.</summary>
/// <param name="Error">error_Q.</param>
/// <param name="Bound">error_P + √(χ²(Q‖P)·error_P).</param>
/// <param name="ChiSquared">χ²(Q‖P).</param>
public sealed record ShiftPoint(double Error, double Bound, double ChiSquared);

/// <summary>Contrastive learning finds the shared feature (Theorem 4.2, Corollary 5.1, Theorem 5.5, Remark 5.2).</summary>
public static class ContrastiveStudy
{
    /// <summary>Trains W and compares it with W*.</summary>
    /// <param name="task">Data and batches.</param>
    /// <param name="temperature">τ.</param>
    /// <param name="seed">Model, training set, images and prompts.</param>
    /// <param name="options">How much to draw for zero-shot transfer.</param>
    /// <param name="iterations">Of L-BFGS, at most: the stop rule, since the loss has no minimiser.</param>
    /// <param name="freshPairs">Pairs for the loss on fresh batches.</param>
    public static ContrastivePoint Train(
        LinearTask task, double temperature, long seed, PromptTransferOptions? options = null, int iterations = 50, int freshPairs = 8_192) =>
        task.With(seed, (model, batches) =>
        {
            var map = Fit(model, batches, temperature, iterations);
            var best = model.OptimalMap();
            var fresh = model.SampleBatches(Math.Max(2, freshPairs / task.Batch), task.Batch, Seeds.Derive(seed, "theory/fresh"), task.Distinct);
            double Loss(Tensor w) => LinearClip.PopulationLoss(w, fresh, temperature).Value;
            var (loss, infimum) = (Loss(map), task.Distinct ? 0 : UnintendedPositives.LossInfimum(model.Probabilities, task.Batch));
            PromptTransferResult Transfer(Tensor w) => PromptTransfer.Measure(model, PromptTransfer.Linear(w), temperature, seed, options);
            var (share, cosine) = SharedPart(model, map);
            var complete = Completeness.Measure(model, (x, y) => LinearClip.PairScores(map, x, y), model.Settings.Gamma, seed, new CompletenessOptions(2_000, 300, 8));
            return new ContrastivePoint(
                loss - Loss(best), loss - infimum, Transfer(map), Transfer(best), share, cosine,
                (complete.BetaImage.Value + complete.BetaText.Value) / (complete.MaxAbsoluteScore * complete.MaxAbsoluteScore));
        });

    /// <summary>HᵀWG of a trained W with its shared blocks centred over classes, divided by its largest entry: what W does to [z; ξ] and [z; ζ].</summary>
    /// <param name="task">Data and batches.</param>
    /// <param name="temperature">τ.</param>
    /// <param name="seed">Model and training set.</param>
    /// <param name="iterations">Of L-BFGS, at most.</param>
    public static double[,] LearnedAction(LinearTask task, double temperature, long seed, int iterations = 50) => task.With(seed, (model, batches) =>
    {
        var action = Centred(model, Fit(model, batches, temperature, iterations));
        return SharedVectors.Table(action / action.abs().max());
    });

    /// <summary>Reaches L(W*) + ε by the paper's step size, by one that suits the loss's curvature, and by L-BFGS.</summary>
    /// <param name="task">Data and batches; small, since the paper's step is.</param>
    /// <param name="temperature">τ.</param>
    /// <param name="excess">ε.</param>
    /// <param name="seed">Model and training set.</param>
    public static IReadOnlyList<StepRulePoint> StepRules(LinearTask task, double temperature, double excess, long seed) => task.With(seed, (model, batches) =>
    {
        var function = LinearTask.Function(batches, LinearObjective.Clip(temperature));
        Tensor zero = LinearTask.Zero(model), best = model.OptimalMap();
        var target = function(best).Value + excess;
        StepRulePoint Descend(string rule, double step, double demanded)
        {
            var most = double.IsNaN(demanded) ? 100_000 : (int)Math.Min(1e6, demanded);
            var end = GradientDescent.Run(function, zero, step, most, s => s.Value <= target);
            return new StepRulePoint(rule, step, demanded, end.Iterations, end.Value <= target);
        }
        var paper = GradientDescent.PaperStepSize(model, temperature, excess);
        // Scores move by at most ‖x‖‖y‖‖ΔW‖, and log-sum-exp of scores over τ has curvature of order 1/τ².
        var norms = batches.Image.norm(2).max().item<double>() * batches.Text.norm(2).max().item<double>();
        var search = ConvexSolver.Minimise(function, zero, 1_000, 0, s => s.Value <= target);
        return new[]
        {
            Descend("paper: η = ετ²‖G‖⁻²‖H‖⁻²(1+R)⁻⁴", paper, GradientDescent.PaperSteps(zero, best, paper, excess)),
            Descend("gradient descent, η = τ²/X²Y²", temperature * temperature / (norms * norms), double.NaN),
            new StepRulePoint("L-BFGS with line search", double.NaN, double.NaN, search.Iterations, search.Value <= target),
        };
    });

    /// <summary>Errors on laws that move from P (the model's) towards a law that puts all weight where W errs most, and the bound, on one measured error a class.</summary>
    /// <param name="task">Data and batches; few of them, so that W errs at all.</param>
    /// <param name="temperature">τ.</param>
    /// <param name="shifts">Shares of weight that move, 0 to 1.</param>
    /// <param name="seed">Model, training set, images and prompts.</param>
    /// <param name="options">How much to draw for zero-shot transfer.</param>
    public static IReadOnlyList<ShiftPoint> Shift(LinearTask task, double temperature, IReadOnlyList<double> shifts, long seed, PromptTransferOptions? options = null) =>
        task.With(seed, (model, batches) =>
        {
            var errors = PromptTransfer.Measure(model, PromptTransfer.Linear(Fit(model, batches, temperature, 50)), temperature, seed, options).ErrorByClass;
            var p = model.Probabilities;
            var total = errors.Sum();
            var target = errors.Select(e => total > 0 ? e / total : 1.0 / errors.Count).ToArray();
            return shifts.Select(s =>
            {
                double[] q = [.. p.Zip(target, (a, b) => (1 - s) * a + s * b)];
                var chi = Bounds.ChiSquared(q, p);
                return new ShiftPoint(Bounds.MeanError(q, errors), Bounds.ShiftedError(Bounds.MeanError(p, errors), chi), chi);
            }).ToArray();
        });

    private static Tensor Fit(SharedFeatureModel model, PairSample batches, double temperature, int iterations) =>
        ConvexSolver.Minimise(LinearTask.Function(batches, LinearObjective.Clip(temperature)), LinearTask.Zero(model), iterations, 1e-6).Map;

    // A part of the action that is the same for every class shifts all scores alike, and no contrast sees it.
    private static Tensor Centred(SharedFeatureModel model, Tensor map)
    {
        var mean = nn.functional.normalize(model.Vectors - model.Vectors.mean([0]), dim: 1);
        var (_, _, basis) = linalg.svd(mean, fullMatrices: false);
        var rank = (int)linalg.matrix_rank(mean).item<long>();
        var projection = basis[..rank].t().matmul(basis[..rank]);
        var action = model.HiddenAction(map).clone();
        var k1 = model.SharedDim;
        action[..k1] = projection.matmul(action[..k1]);
        action[.., ..k1] = action[.., ..k1].matmul(projection);
        return action;
    }

    private static (double Share, double Cosine) SharedPart(SharedFeatureModel model, Tensor map)
    {
        using var scope = NewDisposeScope();
        var k1 = model.SharedDim;
        Tensor action = Centred(model, map), shared = action[..k1, ..k1], best = Centred(model, model.OptimalMap())[..k1, ..k1];
        return (
            (shared.square().sum() / action.square().sum()).item<double>(),
            ((shared * best).sum() / (shared.norm() * best.norm())).item<double>());
    }
}
