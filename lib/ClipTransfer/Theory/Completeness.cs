using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>A score f(x, y) of paired rows: [n, d1] and [n, d2] give [n].</summary>
/// <param name="image">x.</param>
/// <param name="text">y.</param>
public delegate Tensor PairScore(Tensor image, Tensor text);

/// <summary>How much to draw.</summary>
/// <param name="Quadruples">How many (x, y, x', y') the probability 1 − α is estimated from.</param>
/// <param name="Outer">How many (y, z) or (x, z) the mean of the variances is taken over.</param>
/// <param name="Inner">How many x | z (or y | z) each variance is estimated from.</param>
public sealed record CompletenessOptions(int Quadruples = 20_000, int Outer = 1_000, int Inner = 16);

/// <summary>What was found of a score.</summary>
/// <param name="Gamma">The γ that α is reported for.</param>
/// <param name="Alpha">α = P(margin &lt; γ), counting a margin within 1e-9 below γ as reached: rounding is no failure.</param>
/// <param name="BetaImage">E_{(y,z)} Var_{x|z} f(x, y).</param>
/// <param name="BetaText">E_{(x,z)} Var_{y|z} f(x, y).</param>
/// <param name="MaxAbsoluteScore">The largest |f| seen; the assumption asks for |f*| ≤ 1.</param>
/// <param name="SortedMargins">min(f(x,y) − f(x',y), f(x,y) − f(x,y')) of every quadruple, rising.</param>
public sealed record CompletenessEstimate(
    double Gamma, Estimate Alpha, Estimate BetaImage, Estimate BetaText, double MaxAbsoluteScore, IReadOnlyList<double> SortedMargins)
{
    /// <summary>β: the larger of the two.</summary>
    public Estimate Beta => BetaImage.Value >= BetaText.Value ? BetaImage : BetaText;

    /// <summary>The largest γ that holds with probability 1 − α: the α-quantile of the margins.</summary>
    /// <param name="alpha">0 gives the smallest margin seen, which overstates the true minimum where worse pairs were not drawn.</param>
    public Estimate GammaAt(double alpha) => Estimate.Quantile([.. SortedMargins], alpha);

    /// <summary>α for another γ.</summary>
    public Estimate AlphaAt(double gamma) => Estimate.Proportion(SortedMargins.Count(m => m < gamma - Completeness.Tolerance), SortedMargins.Count);
}

/// <summary>(α, β, γ)-completeness (Assumption 4.1 [S; detail R]) of any score, estimated by sampling.</summary>
/// <remarks>
/// A score f is (α, β, γ)-complete when (1) for z ≠ z', x ~ D_{x|z}, y ~ D_{y|z}, x' ~ D_{x|z'}, y' ~ D_{y|z'}, with probability at
/// least 1 − α both f(x',y) ≤ f(x,y) − γ and f(x,y') ≤ f(x,y) − γ, and (2) E_{(y,z)} Var_{x|z} f ≤ β and E_{(x,z)} Var_{y|z} f ≤ β.
/// The paper does not say how (z, z') is drawn; ours is a choice: two independent draws from p, kept when they differ.
/// </remarks>
public static class Completeness
{
    /// <summary>Rounding that is not counted against a margin.</summary>
    public const double Tolerance = 1e-9;

    /// <summary>Estimates α at <paramref name="gamma"/> and β for a score on a model's data.</summary>
    /// <param name="model">Where x and y come from.</param>
    /// <param name="score">f.</param>
    /// <param name="gamma">γ.</param>
    /// <param name="seed">The stream.</param>
    /// <param name="options">How much to draw; null: the defaults.</param>
    public static CompletenessEstimate Measure(SharedFeatureModel model, PairScore score, double gamma, long seed, CompletenessOptions? options = null)
    {
        options ??= new CompletenessOptions();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var generator = new Generator((ulong)Seeds.Derive(seed, "theory/completeness"));

        var (first, second) = DifferentClasses(model, options.Quadruples, generator);
        Tensor x = model.SampleImages(first, generator), y = model.SampleTexts(first, generator);
        Tensor otherX = model.SampleImages(second, generator), otherY = model.SampleTexts(second, generator);
        Tensor own = score(x, y), wrongImage = score(otherX, y), wrongText = score(x, otherY);
        var margins = (own - maximum(wrongImage, wrongText)).to(float64).data<double>().ToArray();
        var largest = stack([own.abs().max(), wrongImage.abs().max(), wrongText.abs().max()]).max().to(float64).item<double>();
        Array.Sort(margins);

        var below = margins.Count(m => m < gamma - Tolerance);
        return new CompletenessEstimate(
            gamma, Estimate.Proportion(below, margins.Length),
            Beta(model, score, options, generator, ofImages: true), Beta(model, score, options, generator, ofImages: false),
            largest, margins);
    }

    // The unbiased variance over the inner draws, averaged over the outer ones.
    private static Estimate Beta(SharedFeatureModel model, PairScore score, CompletenessOptions options, Generator generator, bool ofImages)
    {
        using var scope = NewDisposeScope();
        var classes = model.DrawClasses(options.Outer, generator);
        var repeated = classes.repeat_interleave(options.Inner);
        var f = ofImages
            ? score(model.SampleImages(repeated, generator), model.SampleTexts(classes, generator).repeat_interleave(options.Inner, dim: 0))
            : score(model.SampleImages(classes, generator).repeat_interleave(options.Inner, dim: 0), model.SampleTexts(repeated, generator));
        return Estimate.Mean(f.to(float64).view(options.Outer, options.Inner).var(1, unbiased: true).data<double>().ToArray());
    }

    private static (Tensor First, Tensor Second) DifferentClasses(SharedFeatureModel model, int count, Generator generator)
    {
        var (first, second) = (new List<long>(count), new List<long>(count));
        for (var round = 0; first.Count < count; round++)
        {
            // A model in which all weight lies on one class has no two different ones.
            if (round > 10_000) throw new InputException("Completeness", "two different classes are almost never drawn", "Give at least two classes a probability that is not tiny");
            using var scope = NewDisposeScope();
            var a = model.DrawClasses(count, generator).data<long>().ToArray();
            var b = model.DrawClasses(count, generator).data<long>().ToArray();
            for (var i = 0; i < count && first.Count < count; i++)
            {
                if (a[i] == b[i]) continue;
                first.Add(a[i]);
                second.Add(b[i]);
            }
        }
        return (tensor(first.ToArray()), tensor(second.ToArray()));
    }
}
