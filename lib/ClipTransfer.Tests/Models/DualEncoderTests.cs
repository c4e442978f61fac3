using ClipTransfer.Models;
using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Models;

public class DualEncoderTests
{
    private static readonly DualEncoderSettings _micro =
        new("Micro", new ImageEncoderSettings(8, [16]), new TextEncoderSettings(8, 1, 2, VocabularySize: 11, ContextLength: 5, EndId: 2), EmbedDim: 4);

    private static Tensor Tokens() => tensor(new long[,] { { 1, 5, 6, 2, 0 }, { 1, 7, 2, 0, 0 }, { 1, 2, 0, 0, 0 } });

    [Fact]
    public void The_state_dict_has_the_approved_names_and_shapes()
    {
        // A change here breaks every checkpoint that exists: make it on purpose.
        using var model = new DualEncoder(_micro);
        string[] approved =
        [
            "image.stem.weight 8x3x5x5", "image.stemNorm.weight 8", "image.stemNorm.bias 8",
            "image.blocks.0.conv1.weight 16x8x3x3", "image.blocks.0.norm1.weight 16", "image.blocks.0.norm1.bias 16",
            "image.blocks.0.conv2.weight 16x16x3x3", "image.blocks.0.norm2.weight 16", "image.blocks.0.norm2.bias 16",
            "image.blocks.0.shortcut.weight 16x8x1x1", "image.norm.weight 16", "image.norm.bias 16",
            "text.tokens.weight 11x8", "text.positions 5x8",
            "text.blocks.0.attentionNorm.weight 8", "text.blocks.0.attentionNorm.bias 8",
            "text.blocks.0.query.weight 8x8", "text.blocks.0.query.bias 8", "text.blocks.0.keyValue.weight 16x8", "text.blocks.0.keyValue.bias 16",
            "text.blocks.0.output.weight 8x8", "text.blocks.0.output.bias 8", "text.blocks.0.mlpNorm.weight 8", "text.blocks.0.mlpNorm.bias 8",
            "text.blocks.0.expand.weight 32x8", "text.blocks.0.expand.bias 32", "text.blocks.0.contract.weight 8x32", "text.blocks.0.contract.bias 8",
            "text.norm.weight 8", "text.norm.bias 8", "imageProjection.weight 4x16", "textProjection.weight 4x8", "logitScale.log ",
        ];
        var found = model.state_dict().Select(entry => $"{entry.Key} {string.Join('x', entry.Value.shape)}");
        Assert.Equal(approved.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Tiny")]
    [InlineData("Small")]
    public void Named_sizes_have_the_parameters_that_their_widths_give(string name)
    {
        const int Vocabulary = 500, Context = 24;
        var settings = DualEncoderSettings.Named(name).ForTokens(Vocabulary, Context, 2);
        using var model = new DualEncoder(settings);
        var (image, text) = ((ImageEncoderSettings)settings.Image, (TextEncoderSettings)settings.Text);
        long expected = 3 * 25 * image.StemWidth + 2 * image.StemWidth;
        var width = image.StemWidth;
        foreach (var stage in image.StageWidths)
        {
            expected += 9L * width * stage + 9L * stage * stage + 4 * stage + (long)width * stage;
            width = stage;
        }

        long w = text.Width;
        expected += 2 * width + (Vocabulary + Context) * w + text.Layers * (12 * w * w + 9 * w + 4 * w) + 2 * w;
        expected += settings.EmbedDim * (width + w) + 1;
        Assert.Equal(expected, model.ParameterCount);
    }

    [Theory]
    [InlineData(ProjectionKind.Linear)]
    [InlineData(ProjectionKind.Residual)]
    public void Embeddings_are_unit_rows_of_the_joint_width_in_float32(ProjectionKind kind)
    {
        using var scope = NewDisposeScope();
        using var model = new DualEncoder(_micro with { Projection = kind });
        foreach (var rows in new[] { model.EncodeImage(randn(3, 3, 16, 16)), model.EncodeText(Tokens()) })
        {
            Assert.Equal([3L, 4L], rows.shape);
            Assert.Equal(ScalarType.Float32, rows.dtype);
            Assert.True(rows.norm(1).allclose(ones(3)));
        }

        model.eval();
        var projected = model.ProjectImage(ones(1, 3, 16, 16));
        Assert.True(model.EncodeImage(ones(1, 3, 16, 16)).allclose(projected / projected.norm(), 1e-5, 1e-6));
    }

    [Fact]
    public void One_seed_gives_one_set_of_weights_and_another_seed_another()
    {
        using var scope = NewDisposeScope();
        DualEncoder Make(long seed)
        {
            Seeds.Fix(seed);
            return new DualEncoder(_micro);
        }

        using var a = Make(7);
        using var b = Make(7);
        using var c = Make(8);
        foreach (var (name, tensor) in a.state_dict()) Assert.True(tensor.equal(b.state_dict()[name]).all().item<bool>(), name);
        Assert.False(a.state_dict()["image.stem.weight"].allclose(c.state_dict()["image.stem.weight"]));
    }

    [Fact]
    public void Every_new_normalisation_has_gain_one_or_zero_and_offset_zero()
    {
        // TorchSharp's own group normalisation starts from uninitialised memory.
        using var model = new DualEncoder(DualEncoderSettings.Tiny.ForTokens(20, 8, 2));
        foreach (var (name, tensor) in model.state_dict().Where(entry => entry.Key.Contains("orm", StringComparison.Ordinal)))
        {
            var expected = name.EndsWith("bias", StringComparison.Ordinal) || name.EndsWith("norm2.weight", StringComparison.Ordinal) ? 0f : 1f;
            Assert.All(tensor.data<float>().ToArray(), value => Assert.Equal(expected, value));
        }
    }

    [Fact]
    public void The_logit_scale_starts_at_clips_and_is_trained_unless_fixed()
    {
        using var trained = new DualEncoder(_micro);
        using var still = new DualEncoder(_micro with { Temperature = 0.01, TrainTemperature = false });
        Assert.Equal(1, trained.ParameterCount - still.ParameterCount);
        using var value = still.LogitScale.Value();
        Assert.Equal(100, value.item<float>(), 1e-3);
    }

    [Fact]
    public void A_logit_bias_is_one_more_number_to_train_and_changes_no_other_first_weight()
    {
        Seeds.Fix(4);
        using var without = new DualEncoder(_micro);
        Seeds.Fix(4);
        using var with = new DualEncoder(_micro with { LogitBias = -10 });
        Assert.Null(without.LogitBias);
        Assert.Equal(1, with.ParameterCount - without.ParameterCount);
        using var value = with.LogitBias!.Value();
        Assert.Equal(-10, value.item<float>());
        var weights = with.state_dict();
        foreach (var (name, tensor) in without.state_dict()) Assert.Equal(tensor.data<float>().ToArray(), weights[name].data<float>().ToArray());
    }

    [Fact]
    public void Evaluation_mode_reaches_every_part()
    {
        using var scope = NewDisposeScope();
        using var model = new DualEncoder(_micro with { Projection = ProjectionKind.Residual });
        var pixels = randn(4, 3, 16, 16);
        model.train();
        Assert.False(model.EncodeImage(pixels).allclose(model.EncodeImage(pixels)));
        model.eval();
        Assert.True(model.EncodeImage(pixels).allclose(model.EncodeImage(pixels)));
    }
}
