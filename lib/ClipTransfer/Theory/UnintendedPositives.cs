namespace ClipTransfer.Theory;

/// <summary>Off-diagonal pairs of a batch that are in truth positive, because two of its pairs share z: closed forms from p_k and B.</summary>
/// <remarks>All are [D]: B classes are drawn independently with probabilities p_k, s_m = Σ_k p_k^m.</remarks>
public static class UnintendedPositives
{
    /// <summary>P(z_i = z_j), i ≠ j: s_2. The expected share of off-diagonal pairs that are positive, whatever B. 1/K when p is uniform.</summary>
    public static double Rate(IReadOnlyList<double> probabilities) => PowerSum(probabilities, 2);

    /// <summary>Expected number of ordered off-diagonal pairs (i, j) with z_i = z_j: B(B−1)·s_2.</summary>
    public static double ExpectedPairs(IReadOnlyList<double> probabilities, int batch) => (double)batch * (batch - 1) * Rate(probabilities);

    /// <summary>Variance of that number: 4·[C(B,2)(s_2 − s_2²) + B(B−1)(B−2)(s_3 − s_2²)].</summary>
    /// <remarks>Pairs that share a member are dependent unless p is uniform, where s_3 = s_2² and the second term is 0.</remarks>
    public static double PairsVariance(IReadOnlyList<double> probabilities, int batch)
    {
        double b = batch, s2 = PowerSum(probabilities, 2), s3 = PowerSum(probabilities, 3);
        return 4 * (b * (b - 1) / 2 * (s2 - s2 * s2) + b * (b - 1) * (b - 2) * (s3 - s2 * s2));
    }

    /// <summary>P(a given pair of the batch has at least one unintended positive): 1 − Σ_k p_k (1 − p_k)^{B−1}.</summary>
    public static double AnchorProbability(IReadOnlyList<double> probabilities, int batch) =>
        1 - probabilities.Sum(p => p * Math.Pow(1 - p, batch - 1));

    /// <summary>P(the batch has at least one): 1 − B!·e_B(p), with e_B the elementary symmetric polynomial (the birthday problem).</summary>
    public static double BatchProbability(IReadOnlyList<double> probabilities, int batch)
    {
        if (batch > probabilities.Count) return 1;
        // scaled[m] = m!·e_m(p): one class at a time, e_m += p·e_{m−1}.
        var scaled = new double[batch + 1];
        scaled[0] = 1;
        foreach (var p in probabilities)
            for (var m = batch; m >= 1; m--) scaled[m] += m * p * scaled[m - 1];
        return 1 - scaled[batch];
    }

    /// <summary>Expected number of different classes in a batch: Σ_k 1 − (1 − p_k)^B.</summary>
    public static double ExpectedDistinctClasses(IReadOnlyList<double> probabilities, int batch) =>
        probabilities.Sum(p => 1 - Math.Pow(1 - p, batch));

    /// <summary>The infimum of the population loss L_{D^B} over all scores: 2·E[log m], m the number of pairs of the batch with the anchor's class.</summary>
    /// <remarks>
    /// Given the classes, x is exchangeable among the m pairs of one class and independent of y. So the mean over them of −log softmax is at
    /// least log m (the m probabilities sum to at most 1, and −log is convex), in both directions; f* with margins → ∞ reaches it.
    /// m − 1 is Binomial(B−1, p_k). It is 0 when no batch holds unintended positives.
    /// </remarks>
    public static double LossInfimum(IReadOnlyList<double> probabilities, int batch) =>
        2 * probabilities.Where(p => p > 0).Sum(p => p * ExpectedLogMultiplicity(p, batch));

    /// <summary>Counts ordered off-diagonal pairs with equal classes.</summary>
    /// <param name="classes">The class of each pair of one batch.</param>
    public static long Count(IReadOnlyList<long> classes) =>
        classes.GroupBy(c => c).Sum(group => (long)group.Count() * (group.Count() - 1));

    /// <summary>The number of unintended positives in each batch of a stream of classes; the rest that fills no batch is left out.</summary>
    /// <param name="classes">Classes in the order of the stream.</param>
    /// <param name="batch">B.</param>
    public static IReadOnlyList<double> CountPerBatch(IReadOnlyList<long> classes, int batch) =>
        [.. Enumerable.Range(0, classes.Count / batch).Select(b => (double)Count([.. classes.Skip(b * batch).Take(batch)]))];

    private static double ExpectedLogMultiplicity(double p, int batch)
    {
        // The binomial probabilities by their ratio, in logarithms: no factorial overflows.
        if (p >= 1) return Math.Log(batch);
        var n = batch - 1;
        double sum = 0, logWeight = n * Math.Log(1 - p);
        for (var m = 0; m <= n; m++)
        {
            sum += Math.Exp(logWeight) * Math.Log(1 + m);
            logWeight += Math.Log((double)(n - m) / (m + 1)) + Math.Log(p) - Math.Log(1 - p);
        }
        return sum;
    }

    private static double PowerSum(IReadOnlyList<double> probabilities, int power) => probabilities.Sum(p => Math.Pow(p, power));
}
