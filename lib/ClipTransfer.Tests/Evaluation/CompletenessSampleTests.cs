using ClipTransfer.Evaluation;
using ClipTransfer.Runtime;
using ClipTransfer.Tests.Losses;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Evaluation;

public class CompletenessSampleTests
{
    private static double[][] Unit(int count, int width, int seed) => LossBatch.Fixed(count, width, seed).Image;

    private static Tensor Rows(double[][] rows) => LossBatch.Matrix(rows);

    private static double Variance(IReadOnlyCollection<double> values) => values.Sum(v => Math.Pow(v - values.Average(), 2)) / (values.Count - 1);

    [Fact]
    public void Embeddings_that_are_the_shared_vectors_are_zero_zero_gamma_complete()
    {
        // Lemma 5.4 [D]: ⟨z, z'⟩ is (0, 0, γ)-complete with 1 − γ the largest ⟨v_k, v_k'⟩; here 0.6 between the first two, 0 else.
        using var scope = NewDisposeScope();
        double[][] vectors = [[1, 0, 0], [0.6, 0.8, 0], [0, 0, 1]];
        int[] classes = [0, 1, 2, 0, 1, 2, 0, 1, 2];
        var rows = Rows([.. classes.Select(z => vectors[z])]);
        var found = new CompletenessSample("z", classes, [.. Enumerable.Range(0, 9)], ownPairs: false).Measure(rows, rows, 5_000, 1);
        Assert.Equal(0, found.AlphaAtZero);
        Assert.Equal(0.4, found.GammaAt(0.001), 1e-12);
        Assert.Equal(1, found.Margins[^1], 1e-12);
        Assert.Equal((0, 0), (found.BetaImage, found.BetaText));
        Assert.Equal(1, found.OwnMean, 1e-12);
        // Two of six ordered pairs of classes have 0.6, the others 0.
        Assert.Equal(0.2, found.OtherMean, 0.02);
        Assert.Equal((3, 9, 9, 1.0), (found.Classes, found.Images, found.Texts, found.MaxAbsoluteScore));
    }

    [Fact]
    public void Alpha_gamma_and_the_means_are_those_of_every_quadruple()
    {
        using var scope = NewDisposeScope();
        int[] classes = [0, 1, 0, 2, 1, 0, 2, 0, 1, 3];
        var (images, texts) = (Unit(10, 3, 4), Unit(10, 3, 5));
        double F(int i, int j) => LossBatch.Dot(images[i], texts[j]);
        // All pairs of one z without own ones, each text's pictures equally likely; class 3 has one pair only and cannot take part.
        var pairs = (from j in Enumerable.Range(0, 10)
                     let others = Enumerable.Range(0, 10).Where(i => i != j && classes[i] == classes[j]).ToArray()
                     from i in others
                     select (i, j, weight: 1.0 / others.Length)).ToArray();
        Assert.DoesNotContain(pairs, p => p.j == 9);
        var all = (from p in pairs
                   let different = pairs.Where(q => classes[q.j] != classes[p.j]).ToArray()
                   let total = different.Sum(q => q.weight)
                   from q in different
                   select (margin: F(p.i, p.j) - Math.Max(F(q.i, p.j), F(p.i, q.j)), other: (F(q.i, p.j) + F(p.i, q.j)) / 2, own: F(p.i, p.j), weight: p.weight * q.weight / total)).ToArray();
        var sum = all.Sum(a => a.weight);

        var found = new CompletenessSample("z", classes, [.. Enumerable.Range(0, 10)], ownPairs: false).Measure(Rows(images), Rows(texts), 60_000, 2);
        // Five standard errors of a share of 60,000 are 0.01.
        Assert.Equal(all.Where(a => a.margin <= 0).Sum(a => a.weight) / sum, found.AlphaAtZero, 0.011);
        Assert.Equal(all.Sum(a => a.weight * a.own) / sum, found.OwnMean, 0.02);
        Assert.Equal(all.Sum(a => a.weight * a.other) / sum, found.OtherMean, 0.02);
        foreach (var alpha in new[] { 0.05, 0.25, 0.5, 0.95 })
        {
            var gamma = found.GammaAt(alpha);
            Assert.True(all.Where(a => a.margin < gamma - 1e-9).Sum(a => a.weight) / sum <= alpha + 0.011);
            Assert.True(all.Where(a => a.margin <= gamma + 1e-9).Sum(a => a.weight) / sum >= alpha - 0.011);
        }

        Assert.Throws<ArgumentException>(() => found.GammaAt(0.42));
    }

    [Fact]
    public void Beta_is_the_mean_of_unbiased_variances_by_plain_loops_without_own_pairs()
    {
        using var scope = NewDisposeScope();
        int[] classes = [0, 1, 0, 1, 0, 1, 0, -1];
        int[] owners = [.. Enumerable.Range(0, 8).SelectMany(i => new[] { i, i })];
        var (images, texts) = (Unit(8, 4, 6), Unit(16, 4, 7));
        var found = new CompletenessSample("z", classes, owners, ownPairs: false).Measure(Rows(images), Rows(texts), 10, 0);
        var ofImages = Enumerable.Range(0, 14).Average(t => Variance([.. Enumerable.Range(0, 7).Where(i => classes[i] == classes[owners[t]] && i != owners[t]).Select(i => LossBatch.Dot(images[i], texts[t]))]));
        var ofTexts = Enumerable.Range(0, 7).Average(i => Variance([.. Enumerable.Range(0, 14).Where(t => classes[owners[t]] == classes[i] && owners[t] != i).Select(t => LossBatch.Dot(images[i], texts[t]))]));
        Assert.Equal(ofImages, found.BetaImage, 1e-10);
        Assert.Equal(ofTexts, found.BetaText, 1e-10);
        Assert.Equal(Math.Max(ofImages, ofTexts), found.Beta, 1e-10);
        Assert.Equal((7, 14), (found.Images, found.Texts)); // the picture without z is left out
    }

    [Fact]
    public void Where_each_picture_is_its_own_class_only_captions_vary_given_z()
    {
        using var scope = NewDisposeScope();
        int[] owners = [0, 0, 0, 1, 1, 2, 2, 2];
        var (images, texts) = (Unit(3, 4, 8), Unit(8, 4, 9));
        var found = new CompletenessSample("picture", [0, 1, 2], owners, ownPairs: true).Measure(Rows(images), Rows(texts), 100, 0);
        Assert.True(double.IsNaN(found.BetaImage));
        Assert.Equal(Enumerable.Range(0, 3).Average(i => Variance([.. Enumerable.Range(0, 8).Where(t => owners[t] == i).Select(t => LossBatch.Dot(images[i], texts[t]))])), found.BetaText, 1e-10);
        Assert.Equal(found.BetaText, found.Beta);
    }

    [Fact]
    public void Too_few_classes_and_embeddings_that_are_not_finite_are_errors()
    {
        Assert.Contains("picture", Assert.Throws<InputException>(() => new CompletenessSample("picture", [0], [0], true)).Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => new CompletenessSample("z", [0, 1, 1], [0, 1, 2], false)); // only one class has two
        using var scope = NewDisposeScope();
        var sample = new CompletenessSample("z", [0, 0, 1, 1], [0, 1, 2, 3], false);
        Assert.Throws<InputException>(() => sample.Measure(ones(4, 2) * float.NaN, ones(4, 2), 10, 0));
        Assert.Throws<ArgumentException>(() => sample.Measure(ones(3, 2), ones(4, 2), 10, 0));
    }
}
