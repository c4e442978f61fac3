using ClipTransfer.Runtime;

namespace ClipTransfer.Theory;

/// <summary>The instance on which the square loss fails (Corollary 5.7 [S], numbers [R+D]), enumerated in exact fractions.</summary>
/// <remarks>
/// H = I; every two v_k have inner product 1 − γ; ζ ∈ {e1, e2}: class 1 draws e1 with probability 1/3, every other class always e2. The Bayes
/// regression g(x) = [z; E[ζ|z]] scores prompt y_k = [v_k; ζ_k] by ⟨z, v_k⟩ + ⟨E[ζ|z], ζ_k⟩. For an image of class 1 whose own prompt drew
/// e1 that is 1 + 1/3 = 4/3 against (1 − γ) + 2/3 of every other, which is more exactly when γ &lt; 1/3. So the error is P(z = v_1)·P(ζ_1 = e1) =
/// 1/(3K). At γ = 1/3 the two tie; a float decides by rounding, so the notebooks take γ = 3/10.
/// </remarks>
public sealed class WorkedInstance
{
    private static readonly Rational _third = new(1, 3);

    /// <summary>An instance with K classes.</summary>
    /// <param name="classes">K ≥ 2.</param>
    /// <param name="gamma">γ.</param>
    public WorkedInstance(int classes, Rational gamma)
    {
        if (classes < 2) throw new InputException("WorkedInstance", $"{classes} classes cannot be", "Use at least 2");
        (Classes, Gamma) = (classes, gamma);
    }

    /// <summary>K.</summary>
    public int Classes { get; }

    /// <summary>γ.</summary>
    public Rational Gamma { get; }

    /// <summary>The same instance as a model to sample from and to train on.</summary>
    /// <param name="imageOnly">ξ, which plays no part; null: two numbers of norm 1.</param>
    public SharedFeatureModel ToModel(UniqueFeature? imageOnly = null)
    {
        var chances = new double[Classes, 2];
        for (var k = 0; k < Classes; k++) (chances[k, 0], chances[k, 1]) = k == 0 ? (1.0 / 3, 2.0 / 3) : (0, 1);
        return new SharedFeatureModel(new SharedFeatureSettings
        {
            Classes = Classes,
            Gamma = Gamma.ToDouble(),
            ImageOnly = imageOnly ?? new SphericalFeature(2),
            TextOnly = new DiscreteFeature(new double[,] { { 1, 0 }, { 0, 1 } }, chances),
            TextDictionary = new DictionarySettings(IsIdentity: true),
        });
    }

    /// <summary>Zero-shot top-1 error of the Bayes regression by inner product; a tie counts as <paramref name="tieIsError"/> says.</summary>
    public Rational SquareLossError(bool tieIsError = true) => Error((own, prompt, zeta) => Shared(own, prompt) + Mean(own, zeta), tieIsError);

    /// <summary>The same by distance: smallest ‖g(x) − y_k‖². All prompts have norm² 2 here, so the order, and the error, are the same.</summary>
    public Rational SquareLossErrorByDistance(bool tieIsError = true) =>
        // −‖g − y‖² = 2⟨g, y⟩ − ‖g‖² − ‖y‖²; ‖g‖² is the same for all prompts and ‖y‖² = ‖v‖² + ‖ζ‖² = 2.
        Error((own, prompt, zeta) => 2 * (Shared(own, prompt) + Mean(own, zeta)) - 2, tieIsError);

    /// <summary>The error of CLIP's W*, which scores ⟨z, v_k⟩ alone.</summary>
    public Rational ClipError(bool tieIsError = true) => Error((own, prompt, _) => Shared(own, prompt), tieIsError);

    // Only prompt 1 is random: enumerate image class × the value of ζ_1.
    private Rational Error(Func<int, int, int, Rational> score, bool tieIsError)
    {
        Rational error = 0;
        for (var own = 0; own < Classes; own++)
        {
            for (var first = 0; first < 2; first++)
            {
                var zeta = first;
                int Zeta(int k) => k == 0 ? zeta : 1;
                var ownScore = score(own, own, Zeta(own));
                var lost = Enumerable.Range(0, Classes).Any(k =>
                    k != own && (tieIsError ? score(own, k, Zeta(k)) >= ownScore : score(own, k, Zeta(k)) > ownScore));
                if (lost) error += new Rational(1, Classes) * (first == 0 ? _third : 1 - _third);
            }
        }
        return error;
    }

    private Rational Shared(int own, int prompt) => own == prompt ? 1 : 1 - Gamma;

    // ⟨E[ζ|v_own], e_zeta⟩.
    private static Rational Mean(int own, int zeta) => (own, zeta) switch
    {
        (0, 0) => _third,
        (0, _) => 1 - _third,
        (_, 0) => 0,
        _ => 1,
    };
}
