using System.Text.RegularExpressions;
using ClipTransfer.Benchmarks;
using ClipTransfer.Data;
using ClipTransfer.Models;
using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Benchmarks;

public partial class BenchmarkTests
{
    private static readonly SummarySizes _tiny = new()
    {
        Model = new DualEncoderSettings("Micro", new ImageEncoderSettings(8, [16, 16], BlocksPerStage: 2), new TextEncoderSettings(16, 2, 2), EmbedDim: 8),
        ImageSize = 16,
        BatchSize = 16,
        Pairs = 32,
        Turns = 2,
        LargeModel = new DualEncoderSettings("Micro", new ResNetSettings([1, 1, 1, 1], 8), new DistilBertSettings(16, 1, 2, 32, VocabularySize: 64), EmbedDim: 8),
        LargeImageSize = 32,
        LargeBatchSize = 8,
        OptimizerLayers = 3,
        OptimizerWidth = 8,
        Photographs = 2,
        CachedPictures = 64,
        CurveEpochs = 4,
    };

    [Fact]
    public void Every_line_of_the_summary_is_well_formed()
    {
        var lines = Summary.Quick(_tiny).Concat(Summary.Long(_tiny)).Concat(Summary.Memory(_tiny, large: false)).Select(line => line.ToString()).ToArray();
        Assert.Equal(15, lines.Length);
        Assert.All(lines, line => Assert.Matches(WellFormed(), line));
        Assert.Equal(5, lines.Count(line => line.EndsWith("| goal", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(2.19, true, "2.19× | ≥ 2.20× | short")]
    [InlineData(2.2, true, "2.20× | ≥ 2.20× | reached")]
    [InlineData(2.2, false, "2.20× | ≤ 2.20× | reached")]
    [InlineData(2.21, false, "2.21× | ≤ 2.20× | short")]
    public void A_bound_is_reached_from_its_side(double value, bool atLeast, string expected)
    {
        var line = new BenchmarkLine("speed", value, 2.2, "0.00×", atLeast);
        Assert.Equal("speed | " + expected, line.ToString());
        Assert.EndsWith("3.00× | goal", line.Goal(3).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Operations_of_one_convolution_and_one_linear_layer_are_those_counted_by_hand()
    {
        using var scope = NewDisposeScope();
        // 4 pictures, 5×5 places, 16 channels out, 3·3·8 products and as many sums for each.
        Assert.Equal(4 * 5 * 5 * 16 * 9 * 8 * 2, ModelCost.Convolution(empty(4, 16, 5, 5), empty(16, 8, 3, 3)));
        // 4 texts of 7 tokens, 6 numbers out of 10 each.
        Assert.Equal(4 * 7 * 6 * 10 * 2, ModelCost.LinearLayer(empty(4, 7, 6), empty(6, 10)));
    }

    [Fact]
    public void Operations_of_a_model_are_the_sum_over_its_layers()
    {
        using var scope = NewDisposeScope();
        const int B = 2, L = 5, W = 8;
        using var model = new DualEncoder(new DualEncoderSettings(
            "Micro", new ImageEncoderSettings(8, [16]), new TextEncoderSettings(W, 2, 2, VocabularySize: 11, ContextLength: L, EndId: 2), EmbedDim: 4));
        var tokens = tensor(new long[,] { { 1, 5, 6, 7, 2 }, { 1, 7, 2, 0, 0 } });
        var cost = ModelCost.Of(model, zeros(B, 3, 16, 16), tokens);
        // 16 px: the stem gives 8×8, the block 4×4. In products; the last text block queries, puts out and mixes one row a text.
        var image = B * ((64 * 8 * 75) + (16 * 16 * 72) + (16 * 16 * 144) + (16 * 16 * 8) + (16 * 4));
        var whole = B * L * 12 * W * W + (2 * B * L * L * W);
        var last = (B * L * 2 * W * W) + (B * 10 * W * W);
        Assert.Equal(2L * (image + whole + last + (B * W * 4)), cost.ForwardOperations);
        Assert.Equal(3 * cost.ForwardOperations, cost.StepOperations);
        Assert.Equal(model.parameters().Sum(p => p.numel()) * 16, cost.StateBytes);
    }

    [Fact]
    public void The_plain_towers_compute_the_same_embeddings_from_the_same_weights()
    {
        using var scope = NewDisposeScope();
        using var work = new Workload(_tiny.Model, 16, 16, 8);
        using var model = work.NewModel();
        using (no_grad())
        {
            foreach (var parameter in model.parameters().Where(p => p.dim() > 0)) parameter.add_(0.1 * randn_like(parameter));
        }

        using var plain = new PlainLoop(work.Model, new());
        plain.CopyFrom(model);
        using var batch = work.Loader.Batch(0, 0);
        var (image, text) = plain.Embed(batch.Pixels, batch.Tokens);
        Assert.True(image.allclose(model.EncodeImage(PixelNormalisation.Apply(batch.Pixels)), 1e-4, 1e-5));
        Assert.True(text.allclose(model.EncodeText(batch.Tokens), 1e-4, 1e-5));
    }

    [Fact]
    public void Trainer_and_plain_loop_start_from_the_same_loss_and_descend_alike()
    {
        using var work = new Workload(_tiny.Model, 16, 32, 16);
        var curves = LossCurves.Measure(work, seeds: 2, epochs: 10, Precision.Float32);
        for (var seed = 0; seed < 2; seed++)
        {
            Assert.Equal(curves.Plain[seed][0], curves.Engine[seed][0], 1e-3);
            Assert.Equal(curves.Plain[seed][^1], curves.Engine[seed][^1], 0.1);
        }

        var windows = new LossCurves([[4, 2], [2, 4]], [[4, 4], [2, 2]]).Windows(2).ToArray();
        Assert.Equal([(0, 1, 3.0, 3.0, 2.0), (1, 2, 3.0, 3.0, 2.0)], windows);
    }

    [Fact]
    public void A_profile_names_every_kind_of_layer_and_ends_with_the_whole_step()
    {
        using var work = new Workload(_tiny.Model, 16, 16, 16);
        var lines = Profile.Lines(work, turns: 1).ToArray();
        Assert.Contains(lines, line => line.StartsWith("convolution 3×3 at 8×8, 8 to 16 channels", StringComparison.Ordinal));
        Assert.StartsWith("the whole step", lines[^1], StringComparison.Ordinal);
        Assert.All(lines, line => Assert.Equal(5, line.Split('|').Length));
    }

    [Fact]
    public void The_median_is_the_middle_one_or_the_mean_of_two() => Assert.Equal((2, 2.5), (Interleaved.Median([9, 1, 2]), Interleaved.Median([3, 9, 1, 2])));

    [GeneratedRegex(@"^[^|]+ \| [-+]?(\d+(\.\d+)?|∞|NaN)( ?[×%])? \| [≥≤] \d+(\.\d+)?( ?[×%])? \| (reached|short|goal)$")]
    private static partial Regex WellFormed();
}
