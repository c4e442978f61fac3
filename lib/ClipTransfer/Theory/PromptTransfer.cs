using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>The score of every image against every prompt: [N, d1], [N] int64 and [K, d2] give [N, K].</summary>
/// <param name="images">x_i.</param>
/// <param name="classes">The class of x_i, for predictions that are functions of z (the Bayes regression); others leave it alone.</param>
/// <param name="prompts">One y_k a class.</param>
public delegate Tensor PromptScore(Tensor images, Tensor classes, Tensor prompts);

/// <summary>How much to draw for zero-shot transfer.</summary>
/// <param name="ImagesPerClass">Images of each class for each set of prompts.</param>
/// <param name="PromptSets">How often one prompt a class is drawn anew.</param>
/// <param name="PromptNoise">σ: each prompt becomes y + σ·‖y‖·u with a uniform direction u. 0: prompts as the data have them.</param>
public sealed record PromptTransferOptions(int ImagesPerClass = 8, int PromptSets = 8, double PromptNoise = 0);

/// <summary>What zero-shot transfer came to; classes weigh as P(z = v_k) has them.</summary>
/// <param name="Top1Error">A tie is an error.</param>
/// <param name="Top3Error">A tie is an error.</param>
/// <param name="LogSumExp">E[log Σ_k exp([f(x, y_k) − f(x, y*)]/τ)], the measured left side of Theorem 4.2.</param>
/// <param name="Margins">Own score less the best other prompt's, one for each image and prompt set.</param>
/// <param name="ErrorByClass">Top-1 error of each class.</param>
public sealed record PromptTransferResult(double Top1Error, double Top3Error, double LogSumExp, MarginSample Margins, IReadOnlyList<double> ErrorByClass)
{
    /// <summary>The mean margin.</summary>
    public double MeanMargin => Margins.Values.Average();

    /// <summary>The margin that all but 5 % reach.</summary>
    public double LowMargin => Margins.Quantile(0.05).Value;

    /// <summary>Corollary 5.1 with the measured left side: error_r ≤ this.</summary>
    /// <param name="top">r.</param>
    public double Bound(int top) => Bounds.TopError(LogSumExp, top);
}

/// <summary>Zero-shot transfer on the linear data model: one prompt y_k ~ D_{y|v_k} a class, the best score wins (Corollary 5.1).</summary>
public static class PromptTransfer
{
    /// <summary>Measures a score on fresh images and prompts.</summary>
    /// <param name="model">Where images and prompts come from.</param>
    /// <param name="score">f.</param>
    /// <param name="temperature">τ, for the left side of Theorem 4.2 only.</param>
    /// <param name="seed">The stream.</param>
    /// <param name="options">How much to draw; null: the defaults.</param>
    public static PromptTransferResult Measure(SharedFeatureModel model, PromptScore score, double temperature, long seed, PromptTransferOptions? options = null)
    {
        options ??= new PromptTransferOptions();
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)Seeds.Derive(seed, "theory/zero-shot"));
        var count = model.Settings.Classes;
        var own = arange(count, dtype: int64).repeat_interleave(options.ImagesPerClass);
        var numbers = own.data<long>().ToArray();
        double[] misses = new double[count], topMisses = new double[count], sums = new double[count];
        var margins = new List<MarginSample>();
        for (var set = 0; set < options.PromptSets; set++)
        {
            using var inner = NewDisposeScope();
            var prompts = Noisy(model.SampleTexts(arange(count, dtype: int64), generator), options.PromptNoise, generator);
            var scores = score(model.SampleImages(own, generator), own, prompts);
            var (one, three, logs) = (Bounds.TopMisses(scores, own, 1), Bounds.TopMisses(scores, own, 3), Bounds.LogSumExpOverPrompts(scores, own, temperature));
            for (var i = 0; i < numbers.Length; i++)
            {
                misses[numbers[i]] += one[i] ? 1 : 0;
                topMisses[numbers[i]] += three[i] ? 1 : 0;
                sums[numbers[i]] += logs[i];
            }
            margins.Add(Theory.Margins.OfPromptSet(scores, own, MarginKind.BestOther));
        }
        double Weighted(double[] byClass) => Bounds.MeanError(model.Probabilities, byClass) / (options.ImagesPerClass * options.PromptSets);
        return new PromptTransferResult(
            Weighted(misses), Weighted(topMisses), Weighted(sums), MarginSample.Join(margins),
            [.. misses.Select(m => m / (options.ImagesPerClass * options.PromptSets))]);
    }

    /// <summary>The score ⟨Wx, y⟩.</summary>
    /// <param name="map">W.</param>
    public static PromptScore Linear(Tensor map) => (images, _, prompts) => LinearClip.Scores(map, images, prompts);

    /// <summary>The score of a regression that is a function of z alone, by inner product or by distance.</summary>
    /// <param name="predictions">g for each class: [K, d2].</param>
    /// <param name="rule">How a prompt is chosen.</param>
    public static PromptScore Regression(Tensor predictions, ZeroShotRule rule) => (_, classes, prompts) => SquareLoss.PromptScores(predictions[classes], prompts, rule);

    /// <summary>The smallest margin ⟨Wx, y_z − y_k⟩ over every class, every ξ and every prompt that can occur: exact, by Cauchy–Schwarz in ξ.</summary>
    /// <remarks>
    /// For own text minus other text d = [v_z; ζ] − [v_k; ζ'] and A = HᵀWG, the margin is dᵀA[v_z; E[ξ|z] + s·u]; over unit u its least value is
    /// dᵀA[v_z; E[ξ|z]] − s·‖(dᵀA)_ξ‖. Above 0 it proves that the zero-shot error is 0, with no sampling.
    /// </remarks>
    /// <param name="model">Its ξ must be a <see cref="SphericalFeature"/> and its ζ a <see cref="DiscreteFeature"/>.</param>
    /// <param name="map">W: [d2, d1].</param>
    /// <exception cref="InputException">Other laws of ξ or ζ.</exception>
    public static double WorstMargin(SharedFeatureModel model, Tensor map)
    {
        if (model.Settings.ImageOnly is not SphericalFeature xi || model.Settings.TextOnly is not DiscreteFeature zeta)
            throw new InputException("PromptTransfer.WorstMargin", "ξ is not spherical or ζ is not discrete", "Use such features, or sample with Measure");
        using var scope = NewDisposeScope();
        int classes = model.Settings.Classes, atoms = zeta.Count, k1 = model.SharedDim;
        var possible = zeta.Probabilities(classes).gt(0).flatten();
        var texts = cat([model.Vectors.repeat_interleave(atoms, dim: 0), zeta.Atoms().repeat(classes, 1)], 1)[possible];
        var textClasses = arange(classes, dtype: int64).repeat_interleave(atoms)[possible];
        var readings = texts.matmul(model.HiddenAction(map));
        var worst = double.PositiveInfinity;
        for (var own = 0; own < classes; own++)
        {
            var mine = textClasses.eq(own);
            var differences = (readings[mine].unsqueeze(1) - readings[mine.logical_not()].unsqueeze(0)).flatten(0, 1);
            var image = cat([model.Vectors[own], model.ImageOnlyMeans[own]], 0);
            var margins = differences.matmul(image) - (xi.NormBound - xi.MeanNorm) * differences[.., k1..].norm(1, false, 2);
            worst = Math.Min(worst, margins.min().item<double>());
        }
        return worst;
    }

    // A prompt from elsewhere: another wording, another annotator. The direction is uniform, the length a share of the prompt's own.
    private static Tensor Noisy(Tensor prompts, double noise, Generator generator)
    {
        var direction = nn.functional.normalize(randn(prompts.shape, dtype: float64, generator: generator), dim: 1);
        return noise == 0 ? prompts : prompts + noise * prompts.norm(1, keepdim: true) * direction;
    }
}
