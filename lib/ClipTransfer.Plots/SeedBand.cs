using ClipTransfer.Results;

namespace ClipTransfer.Plots;

/// <summary>A line through means over seeds, with Student's 95 % interval of the mean as its band.</summary>
public static class SeedBand
{
    /// <summary>A series from the values of every seed at every position.</summary>
    /// <param name="name">What the legend says.</param>
    /// <param name="x">Positions.</param>
    /// <param name="values">For each position the values of the seeds; a single seed has no band.</param>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public static Series Of(string name, IReadOnlyList<double> x, IReadOnlyList<IReadOnlyList<double>> values)
    {
        if (x.Count != values.Count) throw new ArgumentException($"Series '{name}': {x.Count} positions, values at {values.Count}.", nameof(values));
        var intervals = values.Select(seeds => Interval.StudentT([.. seeds])).ToArray();
        return new Series(
            name, x, [.. intervals.Select(i => i.Value)],
            [.. intervals.Select(i => i.Exists ? i.Low : i.Value)], [.. intervals.Select(i => i.Exists ? i.High : i.Value)]);
    }

    /// <summary>The same, taking one number of each study's result.</summary>
    /// <param name="name">What the legend says.</param>
    /// <param name="x">Positions.</param>
    /// <param name="results">For each position the results of the seeds.</param>
    /// <param name="value">The number to draw.</param>
    public static Series Of<T>(string name, IReadOnlyList<double> x, IReadOnlyList<IReadOnlyList<T>> results, Func<T, double> value) =>
        Of(name, x, [.. results.Select(seeds => (IReadOnlyList<double>)[.. seeds.Select(value)])]);
}
