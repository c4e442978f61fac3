using ClipTransfer.Runtime;

namespace ClipTransfer.Theory;

/// <summary>How the shared vectors v_1 … v_K lie to each other.</summary>
public enum FeatureArrangement
{
    /// <summary>Every two have inner product 1 − γ, so every class has K − 1 nearest competitors. Needs K1 ≥ K.</summary>
    Equal,

    /// <summary>Random directions with a common part that lifts the largest inner product to 1 − γ: one pair is the hardest. Any K1 in which K vectors fit.</summary>
    Random,
}

/// <summary>A dictionary (G or H): orthonormal columns times singular values from Norm down to Norm/Conditioning times a rotation.</summary>
/// <param name="Rows">d1 or d2; null: as many as columns.</param>
/// <param name="Conditioning">Largest over smallest singular value, ≥ 1.</param>
/// <param name="Norm">‖G‖₂, the largest singular value.</param>
/// <param name="IsIdentity">The identity (padded by zero rows) times Norm, as H in the paper's worked instance.</param>
public sealed record DictionarySettings(int? Rows = null, double Conditioning = 1, double Norm = 1, bool IsIdentity = false);

/// <summary>Every knob of the paper's linear data model (Definition 5.3 [R]): x = G[z; ξ], y = H[z; ζ], z ∈ {v_1 … v_K}.</summary>
public sealed record SharedFeatureSettings
{
    /// <summary>K: the number of shared features, which are the classes of zero-shot transfer.</summary>
    public int Classes { get; init; } = 16;

    /// <summary>γ: the largest inner product of two different v_k is exactly 1 − γ.</summary>
    public double Gamma { get; init; } = 0.3;

    /// <summary>How the v_k lie to each other.</summary>
    public FeatureArrangement Arrangement { get; init; } = FeatureArrangement.Equal;

    /// <summary>K1: the width of z; null: K when they lie equally, else the smaller of K + 1 and 32.</summary>
    public int? SharedDim { get; init; }

    /// <summary>ξ, the image-only feature (K2, norm, dependence on z).</summary>
    public UniqueFeature ImageOnly { get; init; } = new SphericalFeature(4);

    /// <summary>ζ, the text-only feature (K3, norm, dependence on z).</summary>
    public UniqueFeature TextOnly { get; init; } = new SphericalFeature(4);

    /// <summary>G ∈ R^{d1×(K1+K2)}.</summary>
    public DictionarySettings ImageDictionary { get; init; } = new();

    /// <summary>H ∈ R^{d2×(K1+K3)}.</summary>
    public DictionarySettings TextDictionary { get; init; } = new();

    /// <summary>p_k = P(z = v_k); null: 1/K each.</summary>
    public IReadOnlyList<double>? ClassProbabilities { get; init; }

    /// <summary>What v, G, H and the conditional means are drawn from.</summary>
    public long Seed { get; init; }

    /// <summary>K1 as used.</summary>
    public int ResolvedSharedDim => SharedDim ?? (Arrangement == FeatureArrangement.Equal ? Classes : Math.Min(Classes + 1, 32));

    /// <summary>p_k as used, summing to 1.</summary>
    public double[] ResolvedProbabilities() => ClassProbabilities?.ToArray() ?? [.. Enumerable.Repeat(1.0 / Classes, Classes)];

    /// <summary>p_k ∝ k^−exponent: 0 is uniform, 1 is Zipf's law, which is near to how often things are named in captions.</summary>
    public static double[] ZipfProbabilities(int classes, double exponent)
    {
        var weights = Enumerable.Range(1, classes).Select(k => Math.Pow(k, -exponent)).ToArray();
        var total = weights.Sum();
        return [.. weights.Select(w => w / total)];
    }

    internal void Check()
    {
        Require(Classes >= 2, $"K = {Classes} classes", "Use at least 2");
        Require(Gamma is > 0 and <= 1, $"γ = {Gamma}", "Use a margin above 0 and at most 1");
        Require(ResolvedSharedDim >= 2, $"K1 = {ResolvedSharedDim}", "Use at least 2");
        Require(Arrangement != FeatureArrangement.Equal || ResolvedSharedDim >= Classes, $"K1 = {ResolvedSharedDim} with K = {Classes} equally spaced vectors", "Use K1 ≥ K, or FeatureArrangement.Random");
        foreach (var (name, dictionary, columns) in new[]
        {
            ("G", ImageDictionary, ResolvedSharedDim + ImageOnly.Dim), ("H", TextDictionary, ResolvedSharedDim + TextOnly.Dim),
        })
        {
            Require((dictionary.Rows ?? columns) >= columns, $"{name} has {dictionary.Rows} rows and {columns} columns", "Full column rank needs at least as many rows as columns");
            Require(dictionary.Conditioning >= 1 && dictionary.Norm > 0, $"{name} has conditioning {dictionary.Conditioning} and norm {dictionary.Norm}", "Use a conditioning ≥ 1 and a norm above 0");
        }
        var p = ResolvedProbabilities();
        Require(p.Length == Classes && p.All(v => v >= 0) && Math.Abs(p.Sum() - 1) < 1e-9, "p_k is not a probability over the K classes", "Give K numbers ≥ 0 that sum to 1");
    }

    private static void Require(bool condition, string what, string remedy)
    {
        if (!condition) throw new InputException("SharedFeatureSettings", what + " cannot be", remedy);
    }
}
