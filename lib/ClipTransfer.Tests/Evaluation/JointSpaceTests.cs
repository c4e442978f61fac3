using ClipTransfer.Data;
using ClipTransfer.Evaluation;
using ClipTransfer.Tests.Losses;
using CsCheck;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Evaluation;

public class JointSpaceTests
{
    private static Tensor Rows(double[][] rows) => LossBatch.Matrix(rows);

    [Fact]
    public void Two_cones_that_differ_by_a_shift_have_the_gap_of_the_closed_form_and_meet_when_it_is_closed()
    {
        using var scope = NewDisposeScope();
        const double Angle = 0.4;
        const int Count = 60;
        // Points on a circle have mean 0: the means of the cones are (±cos, 0, 0), each point is sin away from its own.
        double[] Point(int i, int side) => [side * Math.Cos(Angle), Math.Sin(Angle) * Math.Cos(2 * Math.PI * i / Count), Math.Sin(Angle) * Math.Sin(2 * Math.PI * i / Count)];
        var (images, texts) = (Rows([.. Enumerable.Range(0, Count).Select(i => Point(i, 1))]), Rows([.. Enumerable.Range(0, Count).Select(i => Point(i, -1))]));
        int[] owners = [.. Enumerable.Range(0, Count)];
        var gap = ModalityGap.Measure(images, texts, owners, 0);
        Assert.Equal(2 * Math.Cos(Angle), gap.Distance, 1e-9);
        Assert.Equal(Math.Sin(Angle), gap.Spread, 1e-9);
        Assert.Equal(1, gap.Separability);
        Assert.Equal(Count, gap.ClosedRetrieval.ImageToText[1]);
        Assert.Equal(Geometry.Of(images, texts).ModalityGap, gap.Distance, 1e-12);
    }

    [Fact]
    public void Closing_the_gap_finds_pairs_that_the_gap_had_hidden()
    {
        using var scope = NewDisposeScope();
        // Texts are the pictures turned towards one axis: every picture is nearest to the text that is least turned, until the means are taken out.
        var images = LossBatch.Fixed(40, 5, 3).Image;
        double[][] texts = [.. images.Select(row => Unit([row[0] + 1.5, .. row[1..]]))];
        int[] owners = [.. Enumerable.Range(0, 40)];
        var before = Retrieval.Evaluate(Rows(images), Rows(texts), owners).ImageToText[1];
        Assert.InRange(ModalityGap.Measure(Rows(images), Rows(texts), owners, 0).ClosedRetrieval.ImageToText[1], before + 1, 40);

        static double[] Unit(double[] row) => [.. row.Select(v => v / Math.Sqrt(row.Sum(w => w * w)))];
    }

    [Fact]
    public void Clouds_of_one_law_cannot_be_told_apart()
    {
        using var scope = NewDisposeScope();
        var gap = ModalityGap.Measure(Rows(LossBatch.Fixed(400, 4, 11).Image), Rows(LossBatch.Fixed(400, 4, 12).Image), [.. Enumerable.Range(0, 400)], 0);
        // Five standard errors of 400 guesses.
        Assert.InRange(gap.Separability, 0.375, 0.625);
    }

    [Fact]
    public void Retrieval_of_the_shared_feature_is_that_of_a_plain_loop() =>
        Gen.Select(Gen.Int[2, 20], Gen.Int[0, 10_000]).Sample((count, seed) =>
        {
            using var scope = NewDisposeScope();
            var random = new Random(seed);
            int[] classes = [.. Enumerable.Range(0, count).Select(_ => random.Next(4))];
            var (images, texts) = (LossBatch.Fixed(count, 4, seed).Image, LossBatch.Fixed(count, 4, seed + 1).Image);
            var found = SharedRetrieval.Measure(Rows(images), Rows(texts), classes);
            int[] all = [.. Enumerable.Range(0, count)];
            Assert.Equal(all.Average(i => classes[all.MaxBy(j => LossBatch.Dot(images[i], texts[j]))] == classes[i] ? 1.0 : 0), found.ImageToText, 1e-12);
            Assert.Equal(all.Average(j => classes[all.MaxBy(i => LossBatch.Dot(images[i], texts[j]))] == classes[j] ? 1.0 : 0), found.TextToImage, 1e-12);
            Assert.Equal(all.SelectMany(i => all.Select(j => classes[i] == classes[j] ? 1.0 : 0)).Average(), found.Chance, 1e-12);
        }, iter: 30);

    [Fact]
    public void The_ceiling_is_what_an_encoder_reaches_that_knows_the_class_and_nothing_else()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        // Classes of 2, 7 and 21 pairs: one-hot rows with noise that is of no use but breaks ties.
        int[] classes = [.. Enumerable.Repeat(0, 2), .. Enumerable.Repeat(1, 7), .. Enumerable.Repeat(2, 21)];
        int[] owners = [.. Enumerable.Range(0, classes.Length)];
        var exact = nn.functional.one_hot(tensor(classes.Select(z => (long)z).ToArray()), 3).to(ScalarType.Float64);
        var ceiling = SharedRetrieval.Measure(exact, exact, classes).Ceiling;
        foreach (var k in Retrieval.Depths)
        {
            double mean = 0;
            for (var trial = 0; trial < 300; trial++)
            {
                using var inner = NewDisposeScope();
                mean += Retrieval.Evaluate(exact + 0.01 * randn(exact.shape, ScalarType.Float64), exact + 0.01 * randn(exact.shape, ScalarType.Float64), owners).ImageToTextRecall(k) / 300;
            }

            Assert.Equal(mean, ceiling[k], 0.02);
        }
    }

    [Fact]
    public void A_topic_is_the_word_that_most_captions_of_a_picture_agree_on_and_that_enough_pictures_have()
    {
        IReadOnlyList<IReadOnlyList<string>> captions =
        [
            ["A dog runs .", "The dog is running", "a brown dog"],
            ["a dog and a man", "a man with his dog", "a man"], // man: 3, dog: 2
            ["the man sits", "a person", "an old man"],
            ["dog", "a dog", "snow"],
            ["snow", "ice", "cold"], // no word in half of them
            ["a cat", "a cat", "a cat"], // one picture only
        ];
        var topics = PictureTopics.Of(captions, fewest: 2);
        Assert.Equal(["dog", "man"], topics.Words);
        Assert.Equal([0, 1, 1, 0, -1, -1], topics.OfPicture);
    }
}
