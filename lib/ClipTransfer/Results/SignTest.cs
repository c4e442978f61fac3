using MathNet.Numerics.Distributions;

namespace ClipTransfer.Results;

/// <summary>The two-sided sign test of paired differences.</summary>
public static class SignTest
{
    /// <summary>Below this many pairs that differ no outcome can reach p &lt; 0.05 (2·(1/2)^5 = 0.0625).</summary>
    public const int FewestPairs = 6;

    /// <summary>The probability of a split as uneven as this one or more, if both signs are equally likely; zeros are left out.</summary>
    /// <param name="differences">One a pair.</param>
    /// <returns>p, or null for fewer than <see cref="FewestPairs"/> differences that are not 0: then the test can decide nothing.</returns>
    public static double? P(IReadOnlyCollection<double> differences)
    {
        var (up, down) = (differences.Count(d => d > 0), differences.Count(d => d < 0));
        var n = up + down;
        return n < FewestPairs ? null : Math.Min(1, 2 * Binomial.CDF(0.5, n, Math.Min(up, down)));
    }
}
