using ClipTransfer.Runtime;
using MathNet.Numerics.Distributions;

namespace ClipTransfer.Results;

/// <summary>Bootstrap intervals of accuracies over seeds and over test images at once, for sets so small that which images they hold matters.</summary>
/// <remarks>
/// All seeds are tested on the same images. So a replicate draws seeds with replacement, and images with replacement <i>once for all its seeds</i>: drawing
/// images anew for each seed would let their luck average out over seeds, which it does not. Methods that are compared share both draws, and so do sets: those of equal
/// size may hold the same pictures, and where they do not, a shared draw does no harm.
/// <para>
/// A few seeds drawn from themselves vary too little: their replicates have a standard error of s/√n · √((n−1)/n) and the tails of a normal distribution. The part of a
/// replicate that is due to its seeds is therefore stretched by t_{n−1}/z · √(n/(n−1)), so that with very many images the interval is Student's.
/// </para>
/// </remarks>
public static class Bootstrap
{
    /// <summary>Replicates; the ends of a 95 % interval then have a standard error of about 3 % of its width.</summary>
    public const int Replicates = 2_000;

    /// <summary>The mean accuracy over seeds with its interval.</summary>
    /// <param name="seeds">One set of outcomes a seed, all over the same images.</param>
    /// <param name="level">Coverage.</param>
    /// <exception cref="ArgumentException">No seeds, or sets of different size.</exception>
    public static Interval Accuracy(IReadOnlyList<TestOutcomes> seeds, double level = 0.95) => MeanAccuracy([seeds], level);

    /// <summary>The mean accuracy over several sets and over seeds, with its interval.</summary>
    /// <param name="sets">For each set one set of outcomes a seed.</param>
    /// <param name="level">Coverage.</param>
    /// <exception cref="ArgumentException">No sets, no seeds, or sets of different size.</exception>
    public static Interval MeanAccuracy(IReadOnlyList<IReadOnlyList<TestOutcomes>> sets, double level = 0.95)
    {
        var found = Over([.. sets.Select(seeds => seeds.Select(Values).ToArray())], level, "");
        return found with { Low = Math.Max(0, found.Low), High = Math.Min(1, found.High) }; // what is stretched may leave the range of an accuracy
    }

    /// <summary>The mean difference of two methods' accuracies, paired by seed and by image.</summary>
    /// <param name="treated">One set of outcomes a seed.</param>
    /// <param name="control">The same seeds and images.</param>
    /// <param name="level">Coverage.</param>
    /// <exception cref="ArgumentException">The two do not have the same seeds and images.</exception>
    public static Interval Difference(IReadOnlyList<TestOutcomes> treated, IReadOnlyList<TestOutcomes> control, double level = 0.95) => MeanDifference([treated], [control], level);

    /// <summary>The same of the mean over several sets.</summary>
    /// <param name="treated">For each set one set of outcomes a seed.</param>
    /// <param name="control">The same sets, seeds and images.</param>
    /// <param name="level">Coverage.</param>
    /// <exception cref="ArgumentException">The two do not have the same sets, seeds and images.</exception>
    public static Interval MeanDifference(IReadOnlyList<IReadOnlyList<TestOutcomes>> treated, IReadOnlyList<IReadOnlyList<TestOutcomes>> control, double level = 0.95)
    {
        if (treated.Count != control.Count || treated.Zip(control).Any(set => set.First.Count != set.Second.Count)) throw new ArgumentException("pairs need as many seeds on both sides", nameof(control));
        if (treated.Zip(control).SelectMany(set => set.First.Zip(set.Second)).Any(pair => pair.First.Count != pair.Second.Count)) throw new ArgumentException("pairs need the same images", nameof(control));
        return Over([.. treated.Zip(control, (t, c) => t.Zip(c, Differences).ToArray())], level, "paired ");
    }

    private static double[] Values(TestOutcomes outcomes) => [.. Enumerable.Range(0, outcomes.Count).Select(i => outcomes[i] ? 1.0 : 0)];

    private static double[] Differences(TestOutcomes treated, TestOutcomes control) => [.. Values(treated).Zip(Values(control), (a, b) => a - b)];

    // values[set][seed][image]
    private static Interval Over(double[][][] values, double level, string paired)
    {
        if (values.Length == 0 || values[0].Length == 0 || values.Any(set => set[0].Length == 0)) throw new ArgumentException("a bootstrap needs seeds and images");
        var (seeds, sizes) = (values[0].Length, values.Select(set => set[0].Length).Distinct().ToArray());
        if (values.Any(set => set.Length != seeds || set.Any(row => row.Length != set[0].Length))) throw new ArgumentException("all seeds need the same images");
        var ofSeed = Enumerable.Range(0, seeds).Select(s => values.Average(set => set[s].Average())).ToArray();
        var mean = ofSeed.Average();
        var stretch = seeds == 1 ? 1 : StudentT.InvCDF(0, 1, seeds - 1, 0.5 + level / 2) / Normal.InvCDF(0, 1, 0.5 + level / 2) * Math.Sqrt(seeds / (seeds - 1.0));
        // A fixed seed: the same outcomes give the same interval on every machine.
        var random = new Random(unchecked((int)Seeds.Derive(values.Sum(set => set[0].Length), "bootstrap", seeds)));
        var means = new double[Replicates];
        for (var r = 0; r < Replicates; r++)
        {
            var weights = sizes.ToDictionary(size => size, size => Drawn(size, random));
            int[] drawn = [.. Enumerable.Range(0, seeds).Select(_ => random.Next(seeds))];
            var onDrawnImages = drawn.Distinct().ToDictionary(s => s, s => values.Average(set => Dot(weights[set[s].Length], set[s]) / set[s].Length));
            var ofSeeds = drawn.Average(s => ofSeed[s]) - mean;
            means[r] = drawn.Average(s => onDrawnImages[s]) + (stretch - 1) * ofSeeds;
        }

        Array.Sort(means);
        var images = values.Length == 1 ? $"{sizes[0]} images" : $"{values.Length} sets of {string.Join(", ", sizes)} images";
        return new Interval(mean, At((1 - level) / 2), At((1 + level) / 2), seeds, FormattableString.Invariant($"{paired}bootstrap, {seeds} seeds × {images}"));

        double At(double share) => means[Math.Clamp((int)Math.Round(share * (Replicates - 1)), 0, Replicates - 1)];
    }

    // How often each image is drawn.
    private static double[] Drawn(int images, Random random)
    {
        var weight = new double[images];
        for (var i = 0; i < images; i++) weight[random.Next(images)]++;
        return weight;
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }
}
