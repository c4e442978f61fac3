using ClipTransfer.Models;
using ClipTransfer.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Models;

public class BlockTests
{
    /// <summary>Random gains and offsets in place of the ones and zeros of a new model, so that no gradient is zero by chance.</summary>
    private static T Shaken<T>(T module, long seed)
        where T : nn.Module
    {
        module.to(ScalarType.Float64);
        Seeds.Fix(seed);
        using var free = no_grad();
        foreach (var p in module.parameters()) p.add_(0.3 * randn_like(p));
        return module;
    }

    private static Tensor Input(params long[] shape)
    {
        var input = randn(shape, dtype: ScalarType.Float64);
        input.requires_grad = true;
        return input;
    }

    [Theory]
    [InlineData(4, 8, 2)]
    [InlineData(8, 8, 1)]
    [InlineData(4, 8, 1)]
    public void Residual_block_gradients_agree_with_differences(int inputWidth, int width, int stride)
    {
        using var block = Shaken(new ResidualBlock(inputWidth, width, stride, 4), 1);
        using var input = Input(2, inputWidth, 5, 5);
        GradientCheck.Run(block, block.call, input);
    }

    [Fact]
    public void A_new_residual_block_is_its_shortcut()
    {
        using var scope = NewDisposeScope();
        using var block = new ResidualBlock(8, 8, 1, 4);
        var input = randn(2, 8, 6, 6);
        Assert.True(block.call(input).allclose(input.relu()));
    }

    [Fact]
    public void Image_encoder_gradients_agree_with_differences()
    {
        using var tower = Shaken(new ResidualImageEncoder(new ImageEncoderSettings(8, [8, 16])), 2);
        using var input = Input(2, 3, 12, 12);
        GradientCheck.Run(tower, tower.call, input);
    }

    [Fact]
    public void An_image_feature_depends_on_its_own_image_alone()
    {
        using var scope = NewDisposeScope();
        using var tower = Shaken(new ResidualImageEncoder(new ImageEncoderSettings(8, [16])), 4);
        var input = randn(5, 3, 16, 16, ScalarType.Float64);
        Assert.True(tower.call(input)[2].allclose(tower.call(input.narrow(0, 2, 1))[0], 1e-10, 1e-10));
    }

    [Fact]
    public void Transformer_block_gradients_agree_with_differences_over_all_and_at_one_position()
    {
        using var block = Shaken(new TransformerBlock(8, 2, 2), 5);
        using var input = Input(3, 5, 8);
        GradientCheck.Run(block, block.call, input);
        block.zero_grad();
        input.grad = null!;
        using var positions = tensor(new long[] { 4, 0, 2 });
        GradientCheck.Run(block, x => block.At(x, positions), input);
    }

    [Fact]
    public void Reading_one_position_equals_that_row_of_the_whole_block()
    {
        using var scope = NewDisposeScope();
        using var block = Shaken(new TransformerBlock(12, 3, 2), 6);
        var input = randn(4, 7, 12, ScalarType.Float64);
        long[] ends = [6, 0, 3, 5];
        var whole = block.call(input);
        var at = block.At(input, tensor(ends));
        for (var row = 0; row < ends.Length; row++) Assert.True(at[row].allclose(whole[row, ends[row]], 1e-11, 1e-11));
    }

    [Fact]
    public void A_transformer_block_is_the_textbook_formula()
    {
        // Written out with explicit loops over heads and positions, from the weights alone.
        using var scope = NewDisposeScope();
        using var free = no_grad();
        const int Width = 6, HeadCount = 2, Length = 4, HeadWidth = Width / HeadCount;
        using var block = Shaken(new TransformerBlock(Width, HeadCount, 1), 7);
        var w = block.state_dict();
        var x = randn(1, Length, Width, ScalarType.Float64);
        Tensor Norm(Tensor t, string name)
        {
            var centred = t - t.mean([-1], keepdim: true);
            return centred / (centred.square().mean([-1], keepdim: true) + 1e-5).sqrt() * w[name + ".weight"] + w[name + ".bias"];
        }

        Tensor Apply(Tensor t, string name) => t.matmul(w[name + ".weight"].t()) + w[name + ".bias"];
        var h = Norm(x, "attentionNorm")[0];
        var q = Apply(h, "query").data<double>().ToNDArray() as double[,];
        var kv = Apply(h, "keyValue").data<double>().ToNDArray() as double[,];
        var attendedRows = new double[Length, Width];
        for (var head = 0; head < HeadCount; head++)
        {
            for (var i = 0; i < Length; i++)
            {
                var weights = new double[i + 1];
                for (var j = 0; j <= i; j++)
                    for (var d = head * HeadWidth; d < (head + 1) * HeadWidth; d++)
                        weights[j] += q![i, d] * kv![j, d] / Math.Sqrt(HeadWidth);
                var sum = weights.Sum(Math.Exp);
                for (var j = 0; j <= i; j++)
                    for (var d = head * HeadWidth; d < (head + 1) * HeadWidth; d++)
                        attendedRows[i, d] += Math.Exp(weights[j]) / sum * kv![j, Width + d];
            }
        }

        var y = x[0] + Apply(tensor(attendedRows), "output");
        var inner = Apply(Norm(y, "mlpNorm"), "expand");
        var gelu = inner * 0.5 * (1 + (inner / Math.Sqrt(2)).erf());
        Assert.True(block.call(x)[0].allclose(y + Apply(gelu, "contract"), 1e-10, 1e-10));
    }

    [Fact]
    public void Text_encoder_gradients_agree_with_differences()
    {
        using var tower = Shaken(new TransformerTextEncoder(new TextEncoderSettings(8, 2, 2, VocabularySize: 9, ContextLength: 6, EndId: 2)), 8);
        using var tokens = tensor(new long[,] { { 1, 5, 6, 2, 0, 0 }, { 1, 7, 2, 0, 0, 0 } });
        using var unused = Input(1);
        (tower.call(tokens).sum() + unused.sum()).backward();
        unused.grad!.zero_();
        tower.zero_grad();
        GradientCheck.Run(tower, t => tower.call(tokens) + 0 * t, unused, placesPerTensor: 6);
    }

    [Fact]
    public void What_stands_behind_the_end_token_changes_nothing()
    {
        using var scope = NewDisposeScope();
        using var tower = Shaken(new TransformerTextEncoder(new TextEncoderSettings(8, 3, 2, VocabularySize: 9, ContextLength: 6, EndId: 2)), 9);
        var padded = tower.call(tensor(new long[,] { { 1, 5, 6, 2, 0, 0 }, { 1, 7, 2, 0, 0, 0 } }));
        var other = tower.call(tensor(new long[,] { { 1, 5, 6, 2, 8, 2 }, { 1, 7, 2, 3, 3, 3 } }));
        var alone = tower.call(tensor(new long[,] { { 1, 7, 2 } }));
        Assert.True(padded.allclose(other, 1e-12, 1e-12));
        Assert.True(padded[1].allclose(alone[0], 1e-12, 1e-12));
    }

    [Fact]
    public void A_text_without_end_token_or_too_long_a_text_is_refused()
    {
        using var tower = new TransformerTextEncoder(new TextEncoderSettings(8, 1, 2, VocabularySize: 9, ContextLength: 4, EndId: 2));
        Assert.Throws<ArgumentException>(() => tower.call(tensor(new long[,] { { 1, 2, 0 }, { 1, 3, 4 } })));
        Assert.Throws<ArgumentException>(() => tower.call(tensor(new long[,] { { 1, 3, 4, 5, 2 } })));
    }

    [Fact]
    public void Residual_projection_gradients_agree_with_differences()
    {
        using var head = Shaken(new ResidualProjection(6, 4), 10);
        head.eval();
        using var input = Input(3, 6);
        GradientCheck.Run(head, head.call, input);
    }

    [Fact]
    public void Settings_that_cannot_be_are_refused()
    {
        Assert.Throws<InputException>(() => new ResidualImageEncoder(new ImageEncoderSettings(12, [16])));
        Assert.Throws<InputException>(() => new ResidualImageEncoder(new ImageEncoderSettings(8, [])));
        Assert.Throws<InputException>(() => DualEncoderSettings.Tiny.Text.Build());
        Assert.Throws<InputException>(() => new TransformerTextEncoder(new TextEncoderSettings(10, 1, 3, 9, 4, 2)));
        Assert.Throws<InputException>(() => DualEncoderSettings.Named("Huge"));
    }
}
