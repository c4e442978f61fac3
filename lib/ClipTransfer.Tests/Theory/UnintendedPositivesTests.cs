using ClipTransfer.Theory;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Theory;

public class UnintendedPositivesTests
{
    private static readonly double[] _p = [0.5, 0.3, 0.15, 0.05];

    // Every way to draw a batch, with its probability.
    private static IEnumerable<(int[] Classes, double Weight)> AllBatches(double[] p, int batch)
    {
        for (var code = 0; code < (int)Math.Pow(p.Length, batch); code++)
        {
            var classes = new int[batch];
            for (int i = 0, rest = code; i < batch; i++, rest /= p.Length) classes[i] = rest % p.Length;
            yield return (classes, classes.Aggregate(1.0, (w, k) => w * p[k]));
        }
    }

    private static double Expect(double[] p, int batch, Func<int[], double> value) => AllBatches(p, batch).Sum(b => b.Weight * value(b.Classes));

    private static double Pairs(int[] classes) => (from i in Enumerable.Range(0, classes.Length) from j in Enumerable.Range(0, classes.Length) where i != j && classes[i] == classes[j] select 1).Count();

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Closed_forms_agree_with_the_enumeration_of_every_batch(int batch)
    {
        var mean = Expect(_p, batch, Pairs);
        Assert.Equal(mean, UnintendedPositives.ExpectedPairs(_p, batch), 1e-12);
        Assert.Equal(mean / (batch * (batch - 1)), UnintendedPositives.Rate(_p), 1e-12);
        Assert.Equal(Expect(_p, batch, c => Math.Pow(Pairs(c) - mean, 2)), UnintendedPositives.PairsVariance(_p, batch), 1e-10);
        Assert.Equal(Expect(_p, batch, c => c.Skip(1).Contains(c[0]) ? 1 : 0), UnintendedPositives.AnchorProbability(_p, batch), 1e-12);
        Assert.Equal(Expect(_p, batch, c => Pairs(c) > 0 ? 1 : 0), UnintendedPositives.BatchProbability(_p, batch), 1e-12);
        Assert.Equal(Expect(_p, batch, c => c.Distinct().Count()), UnintendedPositives.ExpectedDistinctClasses(_p, batch), 1e-12);
        Assert.Equal(2 * Expect(_p, batch, c => Math.Log(c.Count(k => k == c[0]))), UnintendedPositives.LossInfimum(_p, batch), 1e-12);
    }

    [Fact]
    public void The_birthday_problem_has_its_known_answer() =>
        Assert.Equal(0.507297, UnintendedPositives.BatchProbability([.. Enumerable.Repeat(1 / 365.0, 365)], 23), 1e-6);

    [Fact]
    public void The_measured_number_in_sampled_batches_lies_within_three_standard_errors()
    {
        using var scope = NewDisposeScope();
        var p = SharedFeatureSettings.ZipfProbabilities(40, 0.8);
        using var model = new SharedFeatureModel(new SharedFeatureSettings { Classes = 40, ClassProbabilities = p });
        const int Batches = 2_000, Batch = 32;
        var numbers = model.SampleBatches(Batches, Batch, 3).ClassNumbers;
        var measured = Enumerable.Range(0, Batches).Average(b => (double)UnintendedPositives.Count(numbers[(b * Batch)..((b + 1) * Batch)]));
        var error = Math.Sqrt(UnintendedPositives.PairsVariance(p, Batch) / Batches);
        Assert.InRange(measured, UnintendedPositives.ExpectedPairs(p, Batch) - 3 * error, UnintendedPositives.ExpectedPairs(p, Batch) + 3 * error);
    }

    [Fact]
    public void A_large_batch_overflows_nothing()
    {
        double[] p = [.. Enumerable.Repeat(1 / 64.0, 64)];
        var infimum = UnintendedPositives.LossInfimum(p, 4096);
        // m is near 64 with a small spread: 2·log 64, less half the squared coefficient of variation.
        Assert.Equal(2 * (Math.Log(64.98) - 0.5 * 63.98 * (63.0 / 64) / (64.98 * 64.98)), infimum, 1e-3);
        Assert.Equal(1, UnintendedPositives.BatchProbability(p, 65));
    }
}
