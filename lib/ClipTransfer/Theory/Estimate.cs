using MathNet.Numerics.Distributions;

namespace ClipTransfer.Theory;

/// <summary>A number estimated by sampling within one run.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="StandardError">Its standard error.</param>
/// <param name="Low">Lower end of a 95 % interval.</param>
/// <param name="High">Upper end of a 95 % interval.</param>
/// <param name="Count">How many independent draws it rests on.</param>
/// <remarks>It knows the sampling error of one run only; the spread over seeds is <c>Results.Interval</c>.</remarks>
public sealed record Estimate(double Value, double StandardError, double Low, double High, int Count)
{
    private static readonly double _z = Normal.InvCDF(0, 1, 0.975);

    /// <summary>A mean: x̄ ± t·s/√n.</summary>
    /// <param name="values">Independent draws.</param>
    /// <exception cref="ArgumentException">Fewer than two draws.</exception>
    public static Estimate Mean(ReadOnlySpan<double> values)
    {
        if (values.Length < 2) throw new ArgumentException("a standard error needs at least two draws", nameof(values));
        double sum = 0, squares = 0;
        foreach (var v in values) sum += v;
        var mean = sum / values.Length;
        foreach (var v in values) squares += (v - mean) * (v - mean);
        var error = Math.Sqrt(squares / (values.Length - 1) / values.Length);
        var half = StudentT.InvCDF(0, 1, values.Length - 1, 0.975) * error;
        return new Estimate(mean, error, mean - half, mean + half, values.Length);
    }

    /// <summary>A proportion: the standard error is √(p(1−p)/n), the interval Wilson's, which is honest at 0 and 1.</summary>
    /// <param name="successes">How often it happened.</param>
    /// <param name="trials">Of how many.</param>
    public static Estimate Proportion(int successes, int trials)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, 1);
        double p = (double)successes / trials, n = trials, scale = 1 + _z * _z / n;
        var centre = (p + _z * _z / (2 * n)) / scale;
        var half = _z / scale * Math.Sqrt(p * (1 - p) / n + _z * _z / (4 * n * n));
        return new Estimate(p, Math.Sqrt(p * (1 - p) / n), Math.Max(0, centre - half), Math.Min(1, centre + half), trials);
    }

    /// <summary>A quantile of sorted draws, with the interval that order statistics give, whatever the law.</summary>
    /// <param name="sorted">Draws in rising order.</param>
    /// <param name="level">Between 0 (the smallest) and 1 (the largest).</param>
    public static Estimate Quantile(ReadOnlySpan<double> sorted, double level)
    {
        ArgumentOutOfRangeException.ThrowIfZero(sorted.Length);
        var n = sorted.Length;
        var half = _z * Math.Sqrt(n * level * (1 - level));
        var low = sorted[Math.Clamp((int)Math.Floor(n * level - half), 0, n - 1)];
        var high = sorted[Math.Clamp((int)Math.Ceiling(n * level + half), 0, n - 1)];
        return new Estimate(QuantileOf(sorted, level), (high - low) / (2 * _z), low, high, n);
    }

    /// <summary>A quantile of sorted numbers, linear between neighbours (Hyndman and Fan's type 7, as numpy has it).</summary>
    public static double QuantileOf(ReadOnlySpan<double> sorted, double level)
    {
        var at = Math.Clamp(level, 0, 1) * (sorted.Length - 1);
        var below = (int)Math.Floor(at);
        return below + 1 < sorted.Length ? sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]) : sorted[below];
    }
}
