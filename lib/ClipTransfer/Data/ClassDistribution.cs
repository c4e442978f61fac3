namespace ClipTransfer.Data;

/// <summary>p_k, the probabilities of the shared feature z ∈ {v_1 … v_K}, and what they imply for a batch.</summary>
/// <remarks>
/// Pairs i ≠ j of a batch with z_i = z_j are *unintended positives*: the loss pushes them apart although they match. Their rate
/// follows from p_k alone; the closed forms below are what a measured rate is compared with. [D]
/// </remarks>
public sealed class ClassDistribution
{
    private readonly double[] _probabilities;
    private readonly double[] _cumulative;

    private ClassDistribution(string name, double[] weights)
    {
        if (weights.Length == 0 || weights.Any(w => !double.IsFinite(w) || w < 0) || weights.Sum() <= 0)
            throw new ArgumentException("class weights must be finite, not negative, and not all zero", nameof(weights));
        var total = weights.Sum();
        Name = name;
        _probabilities = [.. weights.Select(w => w / total)];
        _cumulative = new double[weights.Length];
        var sum = 0.0;
        for (var k = 0; k < weights.Length; k++) _cumulative[k] = sum += _probabilities[k];
    }

    /// <summary>Its name in settings, for example <c>uniform(64)</c>.</summary>
    public string Name { get; }

    /// <summary>p_k, summing to 1.</summary>
    public IReadOnlyList<double> Probabilities => _probabilities;

    /// <summary>K, the number of classes.</summary>
    public int Count => _probabilities.Length;

    /// <summary>Σ p_k²: the probability that two independent pairs share their feature, so that one off-diagonal entry is an unintended positive.</summary>
    public double CollisionProbability => _probabilities.Sum(p => p * p);

    /// <summary>Every class as likely as any other.</summary>
    public static ClassDistribution Uniform(int classes) => new($"uniform({classes})", [.. Enumerable.Repeat(1.0, classes)]);

    /// <summary>p_k ∝ k^(−exponent), k = 1 … K: a few common features and many rare ones, as in real captions.</summary>
    public static ClassDistribution Zipf(int classes, double exponent) =>
        new(FormattableString.Invariant($"zipf({classes}, {exponent})"), [.. Enumerable.Range(1, classes).Select(k => Math.Pow(k, -exponent))]);

    /// <summary>Any weights; they are divided by their sum.</summary>
    public static ClassDistribution Of(params double[] weights) =>
        new($"weights({string.Join(", ", weights.Select(w => FormattableString.Invariant($"{w}")))})", [.. weights]);

    /// <summary>(B − 1) Σ p_k²: how many unintended positives one row of a batch of B pairs holds on average.</summary>
    public double ExpectedUnintendedPositives(int batchSize) => (batchSize - 1) * CollisionProbability;

    /// <summary>1 − Σ p_k (1 − p_k)^(B − 1): the probability that one row of a batch of B pairs holds at least one unintended positive.</summary>
    public double ProbabilityOfAny(int batchSize) => 1 - _probabilities.Sum(p => p * Math.Pow(1 - p, batchSize - 1));

    /// <summary>The class in whose stretch of [0, 1) the number falls.</summary>
    internal int At(double unit)
    {
        var k = Array.BinarySearch(_cumulative, unit);
        // The cumulative sum at k belongs to the next class; rounding may leave the last sum below 1.
        k = k >= 0 ? k + 1 : ~k;
        if (k >= Count) k = Count - 1;
        while (_probabilities[k] == 0) k--;
        return k;
    }
}
