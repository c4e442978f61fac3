using System.Text.Json.Serialization;
using MathNet.Numerics.Distributions;

namespace ClipTransfer.Results;

/// <summary>A measured value with its interval, or with the reason why there is none.</summary>
/// <param name="Value">The mean, or the proportion.</param>
/// <param name="Low">Lower end; NaN where there is no interval.</param>
/// <param name="High">Upper end; NaN where there is no interval.</param>
/// <param name="N">How many independent values it rests on: seeds, or trials of a proportion.</param>
/// <param name="Method">How it was made, or why there is none, for example <c>1 seed</c>.</param>
public sealed record Interval(double Value, double Low, double High, int N, string Method)
{
    /// <summary>Whether the ends are there.</summary>
    [JsonIgnore]
    public bool Exists => double.IsFinite(Low) && double.IsFinite(High);

    /// <summary>The same in another unit, for example a share in percent.</summary>
    /// <param name="factor">Units of the new for one of the old; positive.</param>
    public Interval Times(double factor) => this with { Value = factor * Value, Low = factor * Low, High = factor * High };

    /// <summary>A value that has no interval.</summary>
    /// <param name="value">The value.</param>
    /// <param name="reason">Why, for example <c>computed exactly</c>.</param>
    /// <param name="n">How many values it rests on.</param>
    public static Interval None(double value, string reason, int n = 1) => new(value, double.NaN, double.NaN, n, reason);

    /// <summary>Student's t interval of a mean: x̄ ± t_{n−1} · s/√n.</summary>
    /// <param name="values">Independent values, one a seed.</param>
    /// <param name="level">Coverage, 0.95 by default.</param>
    /// <exception cref="ArgumentException">No value was given.</exception>
    public static Interval StudentT(IReadOnlyCollection<double> values, double level = 0.95)
    {
        var n = values.Count;
        if (n == 0) throw new ArgumentException("an interval needs at least one value", nameof(values));
        var mean = values.Average();
        if (n == 1) return None(mean, "1 seed");
        var variance = values.Sum(v => (v - mean) * (v - mean)) / (n - 1);
        var half = MathNet.Numerics.Distributions.StudentT.InvCDF(0, 1, n - 1, 0.5 + level / 2) * Math.Sqrt(variance / n);
        return new Interval(mean, mean - half, mean + half, n, $"Student t, {n} seeds");
    }

    /// <summary>Student's t interval of the mean difference of pairs that share a seed.</summary>
    /// <exception cref="ArgumentException">The lists differ in length or are empty.</exception>
    public static Interval PairedDifference(IReadOnlyList<double> treated, IReadOnlyList<double> control, double level = 0.95)
    {
        if (treated.Count != control.Count) throw new ArgumentException("pairs need lists of one length", nameof(control));
        var interval = StudentT(treated.Select((value, i) => value - control[i]).ToArray(), level);
        return interval.Exists ? interval with { Method = $"paired Student t, {interval.N} seeds" } : interval;
    }

    /// <summary>Wilson's score interval of a proportion; honest at 0 and 1 and for small n, where the normal one is not.</summary>
    /// <param name="successes">How many trials succeeded.</param>
    /// <param name="trials">How many there were.</param>
    /// <param name="level">Coverage, 0.95 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">Counts that cannot be.</exception>
    public static Interval Wilson(int successes, int trials, double level = 0.95)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(successes, trials);
        var z = Normal.InvCDF(0, 1, 0.5 + level / 2);
        var p = (double)successes / trials;
        var scale = 1 + z * z / trials;
        var centre = (p + z * z / (2 * trials)) / scale;
        var half = z / scale * Math.Sqrt(p * (1 - p) / trials + z * z / (4.0 * trials * trials));
        return new Interval(p, Math.Max(0, centre - half), Math.Min(1, centre + half), trials, $"Wilson, {trials} trials");
    }
}
