using ClipTransfer.Runtime;
using ClipTransfer.Theory;
using CsCheck;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Theory;

public class MarginsTests
{
    // Rows: images. Columns: texts.
    private static readonly double[,] _scores =
    {
        { 0.9, 0.2, 0.4 },
        { 0.5, 0.3, 0.1 },
        { 0.0, 0.6, 0.8 },
    };

    private static void Holds(double[] expected, MarginSample found) =>
        Assert.All(expected.Zip(found.Values), pair => Assert.Equal(pair.First, pair.Second, 1e-12));

    [Fact]
    public void Margins_of_a_three_by_three_batch_are_those_worked_by_hand()
    {
        using var scope = NewDisposeScope();
        var f = tensor(_scores);
        Holds([0.5, -0.2, 0.2], Margins.OfBatch(f, MarginKind.BestOther, MarginDirection.ImageToText));
        Holds([0.4, -0.3, 0.4], Margins.OfBatch(f, MarginKind.BestOther, MarginDirection.TextToImage));
        Holds([0.6, 0.0, 0.5], Margins.OfBatch(f, MarginKind.MeanOther, MarginDirection.ImageToText));
        Holds([0.65, -0.1, 0.55], Margins.OfBatch(f, MarginKind.MeanOther, MarginDirection.TextToImage));
        Holds([0.7, 0.5, -0.2, 0.2, 0.8, 0.2], Margins.OfBatch(f, MarginKind.EachOther, MarginDirection.ImageToText));
        Holds([0.4, 0.9, 0.1, -0.3, 0.4, 0.7], Margins.OfBatch(f, MarginKind.EachOther, MarginDirection.TextToImage));
    }

    [Fact]
    public void Pairs_of_the_own_class_are_no_others_when_classes_are_given()
    {
        using var scope = NewDisposeScope();
        var classes = tensor(new long[] { 7, 7, 4 });
        Holds([0.5, 0.2, 0.2], Margins.OfBatch(tensor(_scores), MarginKind.BestOther, MarginDirection.ImageToText, classes));
        Holds([0.9, -0.3, 0.4], Margins.OfBatch(tensor(_scores), MarginKind.BestOther, MarginDirection.TextToImage, classes));
        Assert.Throws<InputException>(() => Margins.OfBatch(tensor(_scores), MarginKind.BestOther, MarginDirection.ImageToText, ones(3, dtype: int64)));
    }

    [Fact]
    public void Margins_against_a_prompt_set_are_those_worked_by_hand()
    {
        using var scope = NewDisposeScope();
        // Images of class 2, 0, 0 against prompts of classes 0, 1, 2.
        var classes = tensor(new long[] { 2, 0, 0 });
        Holds([-0.5, 0.2, -0.8], Margins.OfPromptSet(tensor(_scores), classes, MarginKind.BestOther));
        Holds([-0.15, 0.3, -0.7], Margins.OfPromptSet(tensor(_scores), classes, MarginKind.MeanOther));
        // Prompt 2 scores (0.4, 0.1, 0.8), prompt 0 (0.9, 0.5, 0.0): the own class's other images do not count.
        Holds([-0.4, -0.4, -0.9], Margins.OfPromptSet(tensor(_scores), classes, MarginKind.BestOther, MarginDirection.TextToImage));
        Assert.Equal(1.0 / 3, Margins.OfPromptSet(tensor(_scores), classes, MarginKind.BestOther).SharePositive.Value, 1e-12);
    }

    [Fact]
    public void Margins_agree_with_plain_loops_over_random_batches() =>
        Gen.Select(Gen.Int[2, 9], Gen.Int[0, 100_000]).Sample((batch, seed) =>
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator((ulong)seed);
            var f = randn(batch, batch, dtype: float64, generator: generator);
            var classes = randint(0, 3, batch, dtype: int64, generator: generator);
            long[] k = classes.data<long>().ToArray();
            if (k.Distinct().Count() == 1) return;
            foreach (var direction in Enum.GetValues<MarginDirection>())
            {
                double At(int i, int j) => direction == MarginDirection.ImageToText ? f[i, j].item<double>() : f[j, i].item<double>();
                var rows = Enumerable.Range(0, batch).Select(i => (Own: At(i, i), Others: Enumerable.Range(0, batch).Where(j => k[j] != k[i]).Select(j => At(i, j)).ToArray())).ToArray();
                Holds([.. rows.Select(r => r.Own - r.Others.Max())], Margins.OfBatch(f, MarginKind.BestOther, direction, classes));
                Holds([.. rows.Select(r => r.Own - r.Others.Average())], Margins.OfBatch(f, MarginKind.MeanOther, direction, classes));
                Holds([.. rows.SelectMany(r => r.Others.Select(o => r.Own - o))], Margins.OfBatch(f, MarginKind.EachOther, direction, classes));
            }
        }, iter: 60);

    [Fact]
    public void A_tie_is_no_positive_margin()
    {
        using var scope = NewDisposeScope();
        var margins = Margins.OfBatch(ones(4, 4, dtype: float64), MarginKind.BestOther, MarginDirection.ImageToText);
        Assert.Equal(0, margins.SharePositive.Value);
        Assert.InRange(margins.SharePositive.High, 0.4, 0.6);
    }

    [Fact]
    public void Batches_are_joined_and_float32_is_taken()
    {
        using var scope = NewDisposeScope();
        var f = stack([tensor(_scores), tensor(_scores).t()]).to(float32);
        var joined = Margins.OfBatches(f, MarginKind.BestOther, MarginDirection.ImageToText);
        Assert.Equal(6, joined.Values.Count);
        Assert.Equal(0.4, joined.Values[3], 1e-6);
    }

    [Fact]
    public void A_matrix_that_is_not_square_is_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<InputException>(() => Margins.OfBatch(ones(2, 3), MarginKind.BestOther, MarginDirection.ImageToText));
    }

    [Fact]
    public void The_median_and_its_interval_cover_what_they_should()
    {
        // Uniform draws have median 1/2: a 95 % interval must miss it in about 5 % of 400 repetitions (12 to 29 is ±2 standard errors).
        var random = new Random(4);
        var missed = Enumerable.Range(0, 400).Count(_ =>
        {
            var sample = new MarginSample(MarginKind.BestOther, MarginDirection.ImageToText, [.. Enumerable.Range(0, 200).Select(_ => random.NextDouble())]);
            return sample.Median.Low > 0.5 || sample.Median.High < 0.5;
        });
        Assert.InRange(missed, 5, 33);
        Assert.Equal(2.5, new MarginSample(MarginKind.BestOther, MarginDirection.ImageToText, [4, 1, 2, 3]).Median.Value);
    }
}
