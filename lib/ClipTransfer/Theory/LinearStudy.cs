using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>A small linear experiment: fixed training batches from a model, and fresh pictures and prompts to judge W by.</summary>
public sealed record LinearStudySettings
{
    /// <summary>The data; its seed is replaced by the study's.</summary>
    public SharedFeatureSettings Data { get; init; } = new();

    /// <summary>B.</summary>
    public int Batch { get; init; } = 16;

    /// <summary>n, training batches.</summary>
    public int Batches { get; init; } = 60;

    /// <summary>Batches without unintended positives (all classes of a batch differ). Not the paper's law.</summary>
    public bool Distinct { get; init; }

    /// <summary>Fresh pictures to judge by.</summary>
    public int TestImages { get; init; } = 300;

    /// <summary>Fresh sets of K prompts to judge by.</summary>
    public int PromptSets { get; init; } = 4;

    /// <summary>Noise on the prompts, as a share of a prompt's own length: each σ gives one error.</summary>
    public IReadOnlyList<double> PromptNoise { get; init; } = [];
}

/// <summary>What a map W does on fresh data, in plain numbers.</summary>
/// <param name="Loss">The objective on the training batches.</param>
/// <param name="GradientNorm">‖∇‖_F there.</param>
/// <param name="Iterations">Steps taken.</param>
/// <param name="StopRule">What ended the training.</param>
/// <param name="Margin">Median over fresh pictures of own prompt minus best other prompt.</param>
/// <param name="Error">Zero-shot top-1 error.</param>
/// <param name="Norm">‖W‖_F.</param>
/// <param name="NoisyErrors">Zero-shot error for each <see cref="LinearStudySettings.PromptNoise"/>.</param>
/// <param name="Margins">The margins themselves.</param>
public sealed record MapReport(
    double Loss, double GradientNorm, int Iterations, string StopRule, double Margin, double Error, double Norm,
    IReadOnlyList<double> NoisyErrors, IReadOnlyList<double> Margins);

/// <summary>Training and judging W under a named stop rule.</summary>
public sealed class LinearStudy : IDisposable
{
    private readonly PairSample _train;

    /// <summary>Draws the data of one seed.</summary>
    public LinearStudy(LinearStudySettings settings, long seed)
    {
        (Settings, Seed) = (settings, seed);
        Model = new SharedFeatureModel(settings.Data with { Seed = seed });
        _train = Model.SampleBatches(settings.Batches, settings.Batch, Seeds.Derive(seed, "study/train"), settings.Distinct);
        Floor = EmpiricalFloor(_train);
    }

    /// <summary>The sizes.</summary>
    public LinearStudySettings Settings { get; }

    /// <summary>The seed.</summary>
    public long Seed { get; }

    /// <summary>The data.</summary>
    public SharedFeatureModel Model { get; }

    /// <summary>The training batches.</summary>
    public PairSample Train => _train;

    /// <summary>2·mean log m over the training batches: what the batch loss comes down to as margins grow; 0 where no batch holds unintended positives.</summary>
    public double Floor { get; }

    /// <summary>W = 0.</summary>
    public Tensor Zero() => zeros(Model.TextDim, Model.ImageDim, dtype: float64);

    /// <summary>The minimum, "at convergence" in the only sense that there is: L-BFGS until the objective is within 1e-5 of it.</summary>
    /// <remarks>
    /// Convex objectives stop by the certificate excess ≤ ‖∇‖²/(2μ), see <see cref="Bounds.StrongConvexity"/>; CyCLIP's, which is not convex, at ‖∇‖ ≤ 1e-3
    /// (a stationary point, from a start that is the same for all). The start is the regression on the same pairs, the minimum for λ → ∞.
    /// </remarks>
    /// <exception cref="InputException">The objective has no minimiser: the batch loss alone falls for ever.</exception>
    public static MapReport Minimum(LinearStudySettings settings, LinearObjective objective, long seed, int maxIterations = 1_000)
    {
        using var study = new LinearStudy(settings, seed);
        var end = study.Minimise(objective, maxIterations);
        using (end.Map) return study.Judge(end);
    }

    /// <summary>The solution behind <see cref="Minimum"/>.</summary>
    public Solution Minimise(LinearObjective objective, int maxIterations = 1_000)
    {
        if (objective is { Positive: 0, Ridge: 0, InModal: 0 })
            throw new InputException("LinearStudy.Minimise", "the batch loss alone has no minimiser in W", "Give a weight to the regulariser, or name a stop rule (AtExcess, AfterSteps)");
        const double Excess = 1e-5;
        using var scope = NewDisposeScope();
        var tolerance = objective.IsConvex ? Math.Sqrt(2 * Bounds.StrongConvexity(Train, objective) * Excess) : 1e-3;
        var end = ConvexSolver.Minimise(w => LinearClip.Evaluate(w, Train, objective), Regression(), maxIterations, tolerance);
        end.Map.MoveToOuterDisposeScope();
        return end;
    }

    /// <summary>The linear regression learned from the training pairs: [d2, d1].</summary>
    public Tensor Regression()
    {
        using var scope = NewDisposeScope();
        var pairs = new PairSample(
            Train.Image.flatten(0, 1), Train.Text.flatten(0, 1), Train.Classes.flatten(), Train.ImageOnly.flatten(0, 1), Train.TextOnly.flatten(0, 1));
        return SquareLoss.FitLinear(pairs).MoveToOuterDisposeScope();
    }

    /// <summary>Stop rule "equal excess loss": gradient descent from W⁰ = 0 with η = τ² until the batch loss is within ε of its floor.</summary>
    /// <remarks>η ∝ τ² makes the path the same for every τ up to scale; the floor is that of <see cref="Floor"/>.</remarks>
    public static MapReport AtExcess(LinearStudySettings settings, LinearObjective objective, double excess, long seed, int maxSteps = 20_000)
    {
        using var study = new LinearStudy(settings, seed);
        var step = objective.Temperature * objective.Temperature;
        var end = GradientDescent.Run(w => LinearClip.Evaluate(w, study.Train, objective), study.Zero(), step, maxSteps,
            s => s.Value <= study.Floor + excess, $"loss ≤ floor + {excess:g3}");
        return study.Judge(end);
    }

    /// <summary>Stop rule "equal steps": gradient descent from W⁰ = 0, a fixed η and a fixed number of steps.</summary>
    public static MapReport AfterSteps(LinearStudySettings settings, LinearObjective objective, double stepSize, int steps, long seed)
    {
        using var study = new LinearStudy(settings, seed);
        return study.Judge(GradientDescent.Run(w => LinearClip.Evaluate(w, study.Train, objective), study.Zero(), stepSize, steps));
    }

    /// <summary>Margins and errors of a solution on fresh pictures and prompts.</summary>
    public MapReport Judge(Solution solution)
    {
        using var scope = NewDisposeScope();
        using var test = Model.Sample(Settings.TestImages, Seeds.Derive(Seed, "study/test"));
        var margins = new List<double>();
        var noisy = new double[Settings.PromptNoise.Count];
        for (var set = 0; set < Settings.PromptSets; set++)
        {
            var prompts = Model.SamplePrompts(Seeds.Derive(Seed, "study/prompts", set));
            margins.AddRange(PromptMargins(solution.Map, test, prompts));
            using var generator = new Generator((ulong)Seeds.Derive(Seed, "study/noise", set));
            var noise = randn(prompts.shape, dtype: float64, generator: generator) * prompts.norm(1, keepdim: true) / Math.Sqrt(prompts.shape[1]);
            for (var k = 0; k < noisy.Length; k++)
                noisy[k] += PromptMargins(solution.Map, test, prompts + Settings.PromptNoise[k] * noise).Average(m => m > 0 ? 0.0 : 1.0) / Settings.PromptSets;
        }
        var sample = new MarginSample(MarginKind.BestOther, MarginDirection.ImageToText, margins);
        return new MapReport(
            solution.Value, solution.GradientNorm, solution.Iterations, solution.StopRule, sample.Median.Value,
            1 - sample.SharePositive.Value, solution.Map.norm().item<double>(), noisy, margins);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _train.Dispose();
        Model.Dispose();
    }

    private static IReadOnlyList<double> PromptMargins(Tensor map, PairSample test, Tensor prompts) =>
        Theory.Margins.OfPromptSet(LinearClip.Scores(map, test.Image, prompts), test.Classes, MarginKind.BestOther).Values;

    private static double EmpiricalFloor(PairSample batches)
    {
        using var scope = NewDisposeScope();
        var same = batches.Classes.unsqueeze(2).eq(batches.Classes.unsqueeze(1)).to(float64).sum(2);
        return 2 * same.log().mean().item<double>();
    }
}
