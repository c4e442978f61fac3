using ClipTransfer.Runtime;

namespace ClipTransfer.Results;

/// <summary>Bootstrap intervals of accuracies over seeds and over test images at once, for sets so small that which images they hold matters.</summary>
/// <remarks>
/// All seeds are tested on the same images. So a replicate draws seeds with replacement, and images with replacement <i>once for all its seeds</i>: drawing
/// images anew for each seed would let their luck average out over seeds, which it does not. Methods that are compared share both draws.
/// </remarks>
public static class Bootstrap
{
    /// <summary>Replicates; the ends of a 95 % interval then have a standard error of about 3 % of its width.</summary>
    public const int Replicates = 2_000;

    /// <summary>The mean accuracy over seeds, with percentiles of the replicates as its interval.</summary>
    /// <param name="seeds">One set of outcomes a seed, all over the same images.</param>
    /// <param name="level">Coverage.</param>
    /// <exception cref="ArgumentException">No seeds, or sets of different size.</exception>
    public static Interval Accuracy(IReadOnlyList<TestOutcomes> seeds, double level = 0.95) =>
        Over(seeds.Count, [.. seeds.Select(Values)], level, "");

    /// <summary>The mean difference of two methods' accuracies, paired by seed and by image.</summary>
    /// <param name="treated">One set of outcomes a seed.</param>
    /// <param name="control">The same seeds and images.</param>
    /// <param name="level">Coverage.</param>
    /// <exception cref="ArgumentException">The two do not have the same seeds and images.</exception>
    public static Interval Difference(IReadOnlyList<TestOutcomes> treated, IReadOnlyList<TestOutcomes> control, double level = 0.95)
    {
        if (treated.Count != control.Count) throw new ArgumentException("pairs need as many seeds on both sides", nameof(control));
        if (treated.Zip(control).Any(pair => pair.First.Count != pair.Second.Count)) throw new ArgumentException("pairs need the same images", nameof(control));
        return Over(treated.Count, [.. treated.Zip(control, (t, c) => Values(t).Zip(Values(c), (a, b) => a - b).ToArray())], level, "paired ");
    }

    private static double[] Values(TestOutcomes outcomes) => [.. Enumerable.Range(0, outcomes.Count).Select(i => outcomes[i] ? 1.0 : 0)];

    private static Interval Over(int seeds, double[][] values, double level, string paired)
    {
        if (seeds == 0 || values[0].Length == 0) throw new ArgumentException("a bootstrap needs seeds and images");
        var images = values[0].Length;
        if (values.Any(row => row.Length != images)) throw new ArgumentException("all seeds need the same images");
        // A fixed seed: the same outcomes give the same interval on every machine.
        var random = new Random(unchecked((int)Seeds.Derive(images, "bootstrap", seeds)));
        var means = new double[Replicates];
        var weight = new double[images];
        for (var r = 0; r < Replicates; r++)
        {
            Array.Clear(weight);
            for (var i = 0; i < images; i++) weight[random.Next(images)]++;
            double sum = 0;
            for (var s = 0; s < seeds; s++)
            {
                var row = values[random.Next(seeds)];
                for (var i = 0; i < images; i++) sum += weight[i] * row[i];
            }

            means[r] = sum / ((double)seeds * images);
        }

        Array.Sort(means);
        return new Interval(
            values.Average(row => row.Average()), At((1 - level) / 2), At((1 + level) / 2), seeds,
            FormattableString.Invariant($"{paired}bootstrap, {seeds} seeds × {images} images"));

        double At(double share) => means[Math.Clamp((int)Math.Round(share * (Replicates - 1)), 0, Replicates - 1)];
    }
}
