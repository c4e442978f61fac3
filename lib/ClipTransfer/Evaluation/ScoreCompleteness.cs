using System.Text.Json.Serialization;

namespace ClipTransfer.Evaluation;

/// <summary>How complete a trained score is on held-out pairs: α, β and γ of Assumption 4.1 [S; detail R], estimated, in a few numbers.</summary>
/// <param name="SharedFeature">What z is taken to be: a choice wherever it was not generated.</param>
/// <param name="Classes">How many different z take part.</param>
/// <param name="Images">Pictures that take part.</param>
/// <param name="Texts">Captions that take part.</param>
/// <param name="Quadruples">How many (x, y, x', y') the margins are of.</param>
/// <param name="AlphaAtZero">P(margin ≤ 0): α for γ → 0. A tie counts as a failure.</param>
/// <param name="Margins">
/// Quantiles of min(f(x,y) − f(x',y), f(x,y) − f(x,y')) at <see cref="Levels"/>: the largest γ that holds with probability 1 − α is the quantile at α.
/// </param>
/// <param name="BetaImage">E_{(y,z)} Var_{x|z} f(x, y), unbiased; NaN where no z has two pictures.</param>
/// <param name="BetaText">E_{(x,z)} Var_{y|z} f(x, y), unbiased; NaN where no z has two captions.</param>
/// <param name="OwnMean">E f(x, y) with one z.</param>
/// <param name="OtherMean">E f(x', y), E f(x, y') with two different z, over both.</param>
/// <param name="MaxAbsoluteScore">The largest |f|: the assumption asks for |f*| ≤ 1, which cosines fulfil.</param>
public sealed record ScoreCompleteness(
    string SharedFeature, int Classes, int Images, int Texts, int Quadruples, double AlphaAtZero, IReadOnlyList<double> Margins, double BetaImage, double BetaText,
    double OwnMean, double OtherMean, double MaxAbsoluteScore)
{
    /// <summary>The levels of <see cref="Margins"/>: 0.001, 0.01, then 0.05, 0.10, … 0.95.</summary>
    public static IReadOnlyList<double> Levels { get; } = [0.001, 0.01, .. Enumerable.Range(1, 19).Select(k => k / 20.0)];

    /// <summary>β: the larger of the two that there are.</summary>
    [JsonIgnore]
    public double Beta => double.IsNaN(BetaImage) ? BetaText : double.IsNaN(BetaText) ? BetaImage : Math.Max(BetaImage, BetaText);

    /// <summary>γ for an α that is one of <see cref="Levels"/>.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public double GammaAt(double alpha)
    {
        for (var k = 0; k < Levels.Count; k++)
            if (Math.Abs(Levels[k] - alpha) < 1e-9) return Margins[k];
        throw new ArgumentException($"{alpha} is not among {string.Join(", ", Levels)}", nameof(alpha));
    }
}
