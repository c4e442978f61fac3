using ClipTransfer.Losses;
using CsCheck;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Losses;

public class LossTests
{
    private static readonly IContrastiveLoss[] _all =
    [
        new ClipLoss(), new ClipLoss(DirectionConvention.Sum), new CyClipLoss(), new ClipRegLoss(), new L2OnlyLoss(), new ClipRegLoss(0.3, new CyClipLoss()),
        new ClipRegLoss(0.4, pairs: RegularisedPairs.Negatives), new ClipRegLoss(0.4, pairs: RegularisedPairs.Both), new SigLipLoss(Bias(-2)), new ClipRegLoss(0.2, new SigLipLoss(Bias(-10))),
    ];

    private static LogitBias Bias(double value)
    {
        using var scope = NewDisposeScope();
        var bias = new LogitBias(value, ScalarType.Float64);
        // Whichever test comes first may stand in a scope of its own.
        foreach (var parameter in bias.parameters()) parameter.DetachFromDisposeScope();
        return bias;
    }

    private static double Value(IContrastiveLoss loss, LossBatch batch) => Value(loss, batch, terms => terms.Total);

    private static double Value(IContrastiveLoss loss, LossBatch batch, Func<LossTerms, Tensor> pick)
    {
        using var scope = NewDisposeScope();
        return pick(loss.Compute(batch.ImageTensor(), batch.TextTensor(), batch.ScaleTensor())).item<double>();
    }

    private static void Close(double expected, double actual, double tolerance = 1e-10) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)), $"expected {expected:R}, got {actual:R}");

    [Fact]
    public void Names_are_the_ones_that_results_use() =>
        Assert.Equal(["CLIP", "CLIP", "CyCLIP", "CLIP+Reg", "L2", "CyCLIP+Reg", "CLIP+RegNegatives", "CLIP+RegBoth", "SigLIP", "SigLIP+Reg"], _all.Select(loss => loss.Name));

    [Fact]
    public void Clip_loss_is_the_papers_double_sum() => LossBatch.Any.Sample(batch =>
    {
        var (textToImage, imageToText) = batch.PaperLoss();
        Close(textToImage + imageToText, Value(new ClipLoss(DirectionConvention.Sum), batch));
        Close((textToImage + imageToText) / 2, Value(new ClipLoss(), batch));
        Close(textToImage, Value(new ClipLoss(), batch, terms => terms.Terms[ClipLoss.TextToImage]));
        Close(imageToText, Value(new ClipLoss(), batch, terms => terms.Terms[ClipLoss.ImageToText]));
    }, iter: 100);

    [Fact]
    public void CyClip_loss_is_clip_and_its_two_consistency_sums() => LossBatch.Any.Sample(batch =>
    {
        var (inModal, crossModal) = batch.CyclicTerms();
        var (textToImage, imageToText) = batch.PaperLoss();
        Close((textToImage + imageToText) / 2 + 0.25 * inModal + 0.25 * crossModal, Value(new CyClipLoss(), batch));
        Close((textToImage + imageToText) / 2 + 0.7 * inModal + 0.1 * crossModal, Value(new CyClipLoss(0.7, 0.1), batch));
        Close(inModal, Value(new CyClipLoss(), batch, terms => terms.Terms[CyClipLoss.InModal]));
        Close(crossModal, Value(new CyClipLoss(), batch, terms => terms.Terms[CyClipLoss.CrossModal]));
    }, iter: 100);

    [Fact]
    public void Regulariser_is_two_minus_twice_the_mean_positive_score() => LossBatch.Any.Sample(batch =>
    {
        var meanScore = Enumerable.Range(0, batch.Size).Average(i => batch.Score(i, i));
        Close(2 - 2 * meanScore, Value(new L2OnlyLoss(), batch));
        Close(batch.MeanSquaredDistance(), Value(new L2OnlyLoss(), batch));
    }, iter: 100);

    [Fact]
    public void Clip_reg_loss_is_clip_and_lambda_times_the_regulariser() => LossBatch.Any.Sample(batch =>
    {
        Close(Value(new ClipLoss(), batch) + 0.1 * batch.MeanSquaredDistance(), Value(new ClipRegLoss(), batch));
        Close(Value(new ClipLoss(DirectionConvention.Sum), batch) + 0.4 * batch.MeanSquaredDistance(),
            Value(new ClipRegLoss(0.4, new ClipLoss(DirectionConvention.Sum)), batch));
    }, iter: 50);

    [Fact]
    public void On_negatives_lambda_rewards_the_mean_squared_distance_of_all_other_pairs() => LossBatch.Any.Sample(batch =>
    {
        var others = from i in Enumerable.Range(0, batch.Size) from j in Enumerable.Range(0, batch.Size) where i != j select batch.Image[i].Zip(batch.Text[j], (a, b) => (a - b) * (a - b)).Sum();
        var apart = others.DefaultIfEmpty(0).Average();
        Close(Value(new ClipLoss(), batch) - 0.4 * apart, Value(new ClipRegLoss(0.4, pairs: RegularisedPairs.Negatives), batch));
        Close(Value(new ClipLoss(), batch) + 0.4 * (batch.MeanSquaredDistance() - apart), Value(new ClipRegLoss(0.4, pairs: RegularisedPairs.Both), batch));
    }, iter: 50);

    [Fact]
    public void SigLip_loss_is_the_sum_over_all_pairs_of_a_logistic_loss() =>
        Gen.Select(LossBatch.Any, Gen.Double[-12, 2]).Sample((batch, b) =>
        {
            double Logistic(int i, int j, double sign) => Math.Log(1 + Math.Exp(-sign * (batch.LogitScale * batch.Score(i, j) + b)));
            var all = Enumerable.Range(0, batch.Size).ToArray();
            var positives = all.Sum(i => Logistic(i, i, 1)) / batch.Size;
            var negatives = all.Sum(i => all.Where(j => j != i).Sum(j => Logistic(i, j, -1))) / batch.Size;
            using var bias = Bias(b);
            Close(positives + negatives, Value(new SigLipLoss(bias), batch), 1e-9);
            Close(positives, Value(new SigLipLoss(bias), batch, terms => terms.Terms[SigLipLoss.Positives]), 1e-9);
            Close(negatives, Value(new SigLipLoss(bias), batch, terms => terms.Terms[SigLipLoss.Negatives]), 1e-9);
        }, iter: 60);

    [Fact]
    public void SigLip_without_bias_and_at_score_zero_is_B_ln_2_and_its_bias_falls_by_the_surplus_of_negatives()
    {
        using var scope = NewDisposeScope();
        using var bias = Bias(0);
        var (image, text) = (zeros(6, 3, ScalarType.Float64), zeros(6, 3, ScalarType.Float64));
        var loss = new SigLipLoss(bias).Compute(image, text, tensor(10.0, ScalarType.Float64)).Total;
        Close(6 * Math.Log(2), loss.item<double>());
        loss.backward();
        // dL/db = (1/B) Σ_ij −z_ij σ(−z_ij b): (B² − B)/2 less B/2, over B, at b = 0.
        Close((30 - 6) / 2.0 / 6, bias.parameters().Single().grad!.item<double>());
    }

    [Fact]
    public void Lambda_next_to_added_directions_weighs_half_of_lambda_next_to_averaged_ones()
    {
        var batch = LossBatch.Fixed(6, 5, seed: 3);
        Close(Value(new ClipRegLoss(0.2, new ClipLoss(DirectionConvention.Sum)), batch), 2 * Value(new ClipRegLoss(0.1), batch));
    }

    [Fact]
    public void Cross_modal_term_is_zero_for_a_symmetric_score_matrix()
    {
        // h = g makes IT = II, which is symmetric; h(y) = g(x) reversed in every coordinate does too.
        var batch = LossBatch.Fixed(7, 4, seed: 5);
        Assert.Equal(0, Value(new CyClipLoss(), batch with { Text = batch.Image }, terms => terms.Terms[CyClipLoss.CrossModal]), 1e-15);
        var mirrored = batch with { Text = [.. batch.Image.Select(row => row.Select(v => -v).ToArray())] };
        Assert.Equal(0, Value(new CyClipLoss(), mirrored, terms => terms.Terms[CyClipLoss.CrossModal]), 1e-15);
        Assert.True(Value(new CyClipLoss(), batch, terms => terms.Terms[CyClipLoss.CrossModal]) > 1e-3);
    }

    [Fact]
    public void In_modal_term_is_zero_when_one_modality_is_a_rotation_of_the_other()
    {
        var batch = LossBatch.Fixed(7, 2, seed: 6);
        var (c, s) = (Math.Cos(0.7), Math.Sin(0.7));
        var rotated = batch with { Text = [.. batch.Image.Select(row => new[] { c * row[0] - s * row[1], s * row[0] + c * row[1] })] };
        Assert.Equal(0, Value(new CyClipLoss(), rotated, terms => terms.Terms[CyClipLoss.InModal]), 1e-15);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(32)]
    [InlineData(128)]
    public void A_constant_encoder_stands_at_chance_which_is_ln_B(int size)
    {
        double[] row = [0.6, 0.8];
        var collapsed = new LossBatch([.. Enumerable.Repeat(row, size)], [.. Enumerable.Repeat(row, size)], 1 / 0.07);
        Close(Math.Log(size), Value(new ClipLoss(), collapsed));
        Close(2 * Math.Log(size), Value(new ClipLoss(DirectionConvention.Sum), collapsed));
        Close(Math.Log(size), Value(new CyClipLoss(), collapsed));
        Close(0, Value(new L2OnlyLoss(), collapsed));
    }

    [Fact]
    public void Order_of_the_pairs_does_not_matter() =>
        Gen.Select(LossBatch.Any, Gen.Int).Sample((batch, seed) =>
        {
            var order = Enumerable.Range(0, batch.Size).ToArray();
            new Random(seed).Shuffle(order);
            foreach (var loss in _all) Close(Value(loss, batch), Value(loss, batch.Permute(order)));
        }, iter: 40);

    [Fact]
    public void Swapping_the_modalities_swaps_the_directions_and_keeps_the_total() => LossBatch.Any.Sample(batch =>
    {
        var swapped = new LossBatch(batch.Text, batch.Image, batch.LogitScale);
        foreach (var loss in _all) Close(Value(loss, batch), Value(loss, swapped));
        Close(Value(new ClipLoss(), batch, terms => terms.Terms[ClipLoss.ImageToText]), Value(new ClipLoss(), swapped, terms => terms.Terms[ClipLoss.TextToImage]));
    }, iter: 40);

    [Fact]
    public void A_common_rotation_of_both_modalities_changes_nothing() =>
        Gen.Select(LossBatch.Any, Gen.Double[-3, 3]).Sample((batch, angle) =>
        {
            double[] Turn(double[] row)
            {
                var turned = row.ToArray();
                (turned[0], turned[1]) = (Math.Cos(angle) * row[0] - Math.Sin(angle) * row[1], Math.Sin(angle) * row[0] + Math.Cos(angle) * row[1]);
                return turned;
            }

            var rotated = batch with { Image = [.. batch.Image.Select(Turn)], Text = [.. batch.Text.Select(Turn)] };
            foreach (var loss in _all) Close(Value(loss, batch), Value(loss, rotated), 1e-9);
        }, iter: 40);

    [Fact]
    public void A_common_shift_of_all_images_cancels_where_each_text_looks_for_its_image() =>
        // Adding c to every image adds ⟨c, h(y_j)⟩ to the whole column j, and text→image is a softmax over a column.
        Gen.Select(LossBatch.Any, Gen.Double[-1, 1]).Sample((batch, shift) =>
        {
            var moved = batch with { Image = [.. batch.Image.Select(row => row.Select(v => v + shift).ToArray())] };
            Close(Value(new ClipLoss(), batch, terms => terms.Terms[ClipLoss.TextToImage]),
                Value(new ClipLoss(), moved, terms => terms.Terms[ClipLoss.TextToImage]), 1e-8);
        }, iter: 60);

    [Fact]
    public void Gradients_agree_with_central_differences_in_every_argument()
    {
        var batch = LossBatch.Fixed(5, 4, seed: 11, logitScale: 4);
        foreach (var loss in _all)
        {
            using var scope = NewDisposeScope();
            using var image = batch.ImageTensor(gradient: true);
            using var text = batch.TextTensor(gradient: true);
            using var scale = batch.ScaleTensor(gradient: true);
            loss.Compute(image, text, scale).Total.backward();
            for (var i = 0; i < batch.Size; i++)
            {
                for (var d = 0; d < 4; d++)
                {
                    Close(Difference(h => Value(loss, Moved(batch, i, d, h, image: true))), image.grad![i, d].item<double>(), 1e-6);
                    Close(Difference(h => Value(loss, Moved(batch, i, d, h, image: false))), text.grad![i, d].item<double>(), 1e-6);
                }
            }

            var expected = Difference(h => Value(loss, batch with { LogitScale = batch.LogitScale + h }));
            if (loss is L2OnlyLoss) Assert.Null(scale.grad);
            else Close(expected, scale.grad!.item<double>(), 1e-6);
        }

        static double Difference(Func<double, double> f) => (f(1e-5) - f(-1e-5)) / 2e-5;

        static LossBatch Moved(LossBatch batch, int row, int column, double by, bool image)
        {
            var rows = (image ? batch.Image : batch.Text).Select(r => r.ToArray()).ToArray();
            rows[row][column] += by;
            return image ? batch with { Image = rows } : batch with { Text = rows };
        }
    }

    [Fact]
    public void Half_precision_embeddings_give_a_float32_loss_close_to_the_float64_one()
    {
        using var scope = NewDisposeScope();
        var batch = LossBatch.Fixed(16, 8, seed: 12, logitScale: 100);
        foreach (var loss in _all)
        {
            var image = batch.ImageTensor().to(ScalarType.BFloat16);
            var text = batch.TextTensor().to(ScalarType.BFloat16);
            var half = loss.Compute(image, text, tensor(100f)).Total;
            var exact = loss.Compute(image.to(ScalarType.Float64), text.to(ScalarType.Float64), batch.ScaleTensor()).Total;
            Assert.Equal(ScalarType.Float32, half.dtype);
            Close(exact.item<double>(), half.item<float>(), 1e-5);
        }
    }

    [Fact]
    public void Extreme_scores_stay_finite()
    {
        // exp(2/0.01) overflows float32: only a log-sum-exp that subtracts the maximum survives.
        using var scope = NewDisposeScope();
        var image = tensor(new float[,] { { 1, 0 }, { -1, 0 } });
        var value = new ClipLoss().Compute(image, -image, tensor(100f)).Total.item<float>();
        Close(200, value, 1e-6);
    }

    [Fact]
    public void Unequal_shapes_are_refused()
    {
        using var scope = NewDisposeScope();
        foreach (var loss in _all)
        {
            Assert.Throws<ArgumentException>(() => loss.Compute(ones(3, 4), ones(2, 4), tensor(1f)));
            Assert.Throws<ArgumentException>(() => loss.Compute(ones(0, 4), ones(0, 4), tensor(1f)));
            Assert.Throws<ArgumentException>(() => loss.Compute(ones(4), ones(4), tensor(1f)));
        }
    }
}
