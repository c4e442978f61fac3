using ClipTransfer.Data;
using ClipTransfer.Evaluation;
using ClipTransfer.Runtime;
using ClipTransfer.Tests.Losses;
using ClipTransfer.Tests.Training;
using ClipTransfer.Text;
using ClipTransfer.Theory;
using CsCheck;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Evaluation;

public class EvaluationTests
{
    private static Tensor Rows(double[][] rows) => LossBatch.Matrix(rows).to(ScalarType.Float32);

    private static double[][] Unit(int count, int width, int seed) => LossBatch.Fixed(count, width, seed).Image;

    [Fact]
    public void Zero_shot_counts_are_those_of_a_plain_loop() =>
        Gen.Select(Gen.Int[2, 9], Gen.Int[1, 30], Gen.Int[0, 10_000]).Sample((classes, count, seed) =>
        {
            using var scope = NewDisposeScope();
            var (images, prompts) = (Unit(count, 5, seed), Unit(classes, 5, seed + 1));
            var random = new Random(seed);
            var labels = Enumerable.Range(0, count).Select(_ => random.Next(classes)).ToArray();
            var result = ZeroShot.Evaluate(Rows(images), Rows(prompts), labels, 2, 5);
            var confusion = new int[classes, classes];
            var correct = new Dictionary<int, int> { [1] = 0, [2] = 0, [5] = 0 };
            for (var i = 0; i < count; i++)
            {
                var order = Enumerable.Range(0, classes).OrderByDescending(k => LossBatch.Dot(images[i], prompts[k])).ToList();
                confusion[labels[i], order[0]]++;
                foreach (var r in correct.Keys.ToArray()) if (order.IndexOf(labels[i]) < r) correct[r]++;
            }

            Assert.Equal(confusion, result.Confusion);
            Assert.Equal(correct[1], result.Correct);
            if (classes >= 2) Assert.Equal(correct[2], result.CorrectAt[2]);
            Assert.Equal(classes >= 5, result.CorrectAt.ContainsKey(5));
            if (classes >= 5) Assert.Equal(correct[5], result.CorrectAt[5]);
            Assert.Equal(1.0 / classes, result.Chance);
            var shares = result.ConfusionShares();
            foreach (var k in labels.Distinct())
            {
                Assert.Equal(result.PerClass[k], shares[k, k]);
                Assert.Equal(1, Enumerable.Range(0, classes).Sum(j => shares[k, j]), 1e-12);
            }

            Assert.Equal(result.Correct, result.Margins.Values.Count(m => m > 0));
            for (var k = 0; k < classes; k++)
            {
                var total = labels.Count(l => l == k);
                Assert.Equal(total == 0 ? double.NaN : (double)confusion[k, k] / total, result.PerClass[k]);
            }
        }, iter: 40);

    [Fact]
    public void A_constant_encoder_is_never_right_because_ties_count_as_wrong()
    {
        using var scope = NewDisposeScope();
        var one = ones(6, 4) / 2;
        Assert.Equal(0, ZeroShot.Evaluate(one, one.narrow(0, 0, 3), [0, 1, 2, 0, 1, 2]).Correct);
        var retrieval = Retrieval.Evaluate(one, one, [0, 1, 2, 3, 4, 5]);
        Assert.Equal((0, 0), (retrieval.ImageToText[1], retrieval.TextToImage[1]));
    }

    [Fact]
    public void A_model_that_gives_NaN_is_an_error_and_not_always_right()
    {
        using var scope = NewDisposeScope();
        var broken = ones(4, 3) * float.NaN;
        Assert.Throws<InputException>(() => ZeroShot.Evaluate(broken, ones(2, 3), [0, 1, 0, 1]));
        Assert.Throws<InputException>(() => Retrieval.Evaluate(broken, ones(4, 3), [0, 1, 2, 3]));
    }

    [Fact]
    public void The_paper_bound_holds_on_any_measurement()
    {
        // Corollary 5.1's step [D]: error_r ≤ E[log Σ_k exp((f_k − f_own)/τ)]/log(1 + r), whatever the embeddings are.
        using var scope = NewDisposeScope();
        var (images, prompts) = (Unit(200, 3, 1), Unit(7, 3, 2));
        var labels = Enumerable.Range(0, 200).Select(i => i % 7).ToArray();
        var result = ZeroShot.Evaluate(Rows(images), Rows(prompts), labels, 2, 5);
        var surprise = images.Select((x, i) =>
            Math.Log(prompts.Sum(p => Math.Exp((LossBatch.Dot(x, p) - LossBatch.Dot(x, prompts[labels[i]])) / 0.3)))).Average();
        foreach (var r in new[] { 1, 2, 5 }) Assert.True(1 - result.AccuracyAt(r) <= surprise / Math.Log(1 + r));
    }

    [Fact]
    public void A_template_ensemble_is_the_normalised_mean_of_normalised_prompts()
    {
        using var scope = NewDisposeScope();
        using var run = new SmallRun();
        string[] classes = ["red star", "blue circle"];
        string[] templates = ["a photo of a {0}.", "a {0}", "there is a {0} here"];
        var found = ZeroShot.Classifier(run.Model, run.Tokenizer, classes, templates);
        for (var k = 0; k < classes.Length; k++)
        {
            var sum = new double[16];
            foreach (var template in templates)
            {
                var row = run.Model.EncodeText(run.Tokenizer.EncodeBatch([PromptTemplates.Fill(template, classes[k])])).data<float>().ToArray();
                for (var d = 0; d < 16; d++) sum[d] += row[d];
            }

            var length = Math.Sqrt(sum.Sum(v => v * v));
            for (var d = 0; d < 16; d++) Assert.Equal(sum[d] / length, found[k, d].item<float>(), 1e-5);
        }

        Assert.Throws<InputException>(() => ZeroShot.Classifier(run.Model, run.Tokenizer, classes, []));
    }

    [Fact]
    public void Recall_is_that_of_a_plain_loop_with_several_captions_an_image() =>
        Gen.Select(Gen.Int[1, 12], Gen.Int[0, 10_000]).Sample((count, seed) =>
        {
            using var scope = NewDisposeScope();
            var random = new Random(seed);
            // One to four captions an image, in mixed order.
            var owners = Enumerable.Range(0, count).SelectMany(i => Enumerable.Repeat(i, random.Next(1, 5))).ToArray();
            random.Shuffle(owners);
            var (images, texts) = (Unit(count, 4, seed), Unit(owners.Length, 4, seed + 1));
            var result = Retrieval.Evaluate(Rows(images), Rows(texts), owners);
            foreach (var k in Retrieval.Depths)
            {
                var byImage = Enumerable.Range(0, count).Count(i => Enumerable.Range(0, owners.Length)
                    .OrderByDescending(t => LossBatch.Dot(images[i], texts[t])).Take(k).Any(t => owners[t] == i));
                var byText = Enumerable.Range(0, owners.Length).Count(t => Enumerable.Range(0, count)
                    .OrderByDescending(i => LossBatch.Dot(images[i], texts[t])).Take(k).Contains(owners[t]));
                Assert.Equal(byImage, result.ImageToText[k]);
                Assert.Equal(byText, result.TextToImage[k]);
            }
        }, iter: 60);

    [Fact]
    public void Every_rank_counts_and_not_every_fifth()
    {
        // Five captions an image, the right ones at ranks 1 to 4 only: CyCLIP's bug would see rank 0 or 5.
        using var scope = NewDisposeScope();
        var images = tensor(new float[,] { { 1, 0 }, { 0, 1 } });
        var texts = tensor(new float[,] { { 0.9f, 0 }, { 0.8f, 0 }, { 0.7f, 0 }, { 0.6f, 0 }, { 0.95f, 1 }, { 0, 0.9f } });
        var result = Retrieval.Evaluate(images, texts, [0, 0, 0, 0, 1, 1]);
        Assert.Equal((1, 2), (result.ImageToText[1], result.ImageToText[5]));
    }

    [Fact]
    public void Chance_levels_are_those_of_random_orders()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(3);
        int[] owners = [.. Enumerable.Range(0, 20).SelectMany(i => Enumerable.Repeat(i, 3))];
        double image = 0, text = 0;
        const int Trials = 300;
        for (var trial = 0; trial < Trials; trial++)
        {
            using var inner = NewDisposeScope();
            var result = Retrieval.Evaluate(randn(20, 8), randn(60, 8), owners);
            (image, text) = (image + result.ImageToTextRecall(5) / Trials, text + result.TextToImageRecall(5) / Trials);
            if (trial == 0) Assert.Equal(1 - (57.0 * 56 * 55 * 54 * 53) / (60.0 * 59 * 58 * 57 * 56), result.ChanceImageToText[5], 1e-12);
        }

        Assert.Equal(1 - (57.0 * 56 * 55 * 54 * 53) / (60.0 * 59 * 58 * 57 * 56), image, 0.03);
        Assert.Equal(0.25, text, 0.03);
    }

    [Fact]
    public void Geometry_is_that_of_a_plain_loop()
    {
        using var scope = NewDisposeScope();
        var (images, texts) = (Unit(9, 4, 5), Unit(9, 4, 6));
        var found = Geometry.Of(Rows(images), Rows(texts));
        Assert.Equal(Enumerable.Range(0, 9).Average(i => Squared(images[i], texts[i])), found.Alignment, 1e-6);
        Assert.Equal(Uniformity(images), found.ImageUniformity, 1e-6);
        Assert.Equal(Uniformity(texts), found.TextUniformity, 1e-6);
        Assert.Equal(Math.Sqrt(Enumerable.Range(0, 4).Sum(d => Math.Pow(images.Average(r => r[d]) - texts.Average(r => r[d]), 2))), found.ModalityGap, 1e-6);

        static double Squared(double[] a, double[] b) => a.Zip(b, (x, y) => (x - y) * (x - y)).Sum();

        static double Uniformity(double[][] rows) => Math.Log((from i in Enumerable.Range(0, 9) from j in Enumerable.Range(0, 9) where i != j select Math.Exp(-2 * Squared(rows[i], rows[j]))).Average());
    }

    [Fact]
    public void Embeddings_do_not_depend_on_the_batch_size_and_leave_the_model_as_it_was()
    {
        using var scope = NewDisposeScope();
        using var run = new SmallRun();
        run.Model.train();
        var whole = Embeddings.Images(run.Model, run.Store);
        Assert.True(run.Model.training);
        Assert.False(whole.requires_grad);
        Assert.True(whole.allclose(Embeddings.Images(run.Model, run.Store, batchSize: 5), 1e-4, 1e-5));
        Assert.True(whole[7].allclose(Embeddings.Images(run.Model, run.Store, [3, 7])[1], 1e-4, 1e-5));
        string[] texts = ["a red star", "a small blue circle on a wall", "x"];
        Assert.True(Embeddings.Texts(run.Model, run.Tokenizer, texts).allclose(Embeddings.Texts(run.Model, run.Tokenizer, texts, 1), 1e-4, 1e-5));
    }

    [Fact]
    public void Held_out_pairs_give_each_caption_to_its_image()
    {
        using var scope = NewDisposeScope();
        using var run = new SmallRun();
        var source = Scenes.Pairs(12, 9, new SceneOptions { CaptionsPerImage = 3 }, "validation");
        using var store = PixelStore.Open(source, 16, new PixelStoreOptions { Progress = false });
        using var pairs = HeldOutPairs.Embed(run.Model, run.Tokenizer, source, store);
        Assert.Equal(36, pairs.Captions.Count);
        for (var text = 0; text < 36; text++) Assert.Equal(source.Captions(text / 3)[text % 3], pairs.Captions[text]);
        Assert.Equal(Enumerable.Range(0, 36).Select(t => t / 3), pairs.ImageOfText);
        var margins = pairs.Margins(4, MarginKind.BestOther);
        var scores = pairs.Images.matmul(pairs.Texts.t());
        for (var i = 0; i < 12; i++)
        {
            var others = Enumerable.Range(i / 4 * 4, 4).Where(j => j != i).Max(j => scores[i, 3 * j].item<float>());
            Assert.Equal(scores[i, 3 * i].item<float>() - others, margins.Values[i], 1e-5);
        }

        var best = pairs.BestImages(5, 3);
        Assert.Equal(Enumerable.Range(0, 12).OrderByDescending(i => scores[i, 5].item<float>()).Take(3), best);
    }

    [Fact]
    public void Zero_shot_after_a_short_training_is_above_chance()
    {
        using var scope = NewDisposeScope();
        using var run = new SmallRun(pairs: 512, batchSize: 64);
        using var trainer = run.Trainer(25);
        trainer.Train();
        var test = Scenes.Labelled(256, 1, set: SceneSet.Colour);
        using var store = PixelStore.Open(test, 16, new PixelStoreOptions { Progress = false });
        var classifier = ZeroShot.Classifier(run.Model, run.Tokenizer, test.ClassNames, test.Templates);
        var result = ZeroShot.Evaluate(Embeddings.Images(run.Model, store), classifier, [.. store.Usable.Select(test.Label)]);
        // Chance is 1/8; five standard errors of 256 guesses above it is 0.23.
        Assert.True(result.Accuracy > 0.23, $"{result.Accuracy}");
    }
}
