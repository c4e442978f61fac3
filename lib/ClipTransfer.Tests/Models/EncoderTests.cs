using System.Text.Json;
using ClipTransfer.Models;
using ClipTransfer.Results;
using ClipTransfer.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Models;

/// <summary>The published encoders: counts, outputs against loops over doubles, gradients against differences.</summary>
public class EncoderTests
{
    private const int End = 2;
    private static readonly long[][] _texts = [[1, 5, 6, 7, 2, 0], [1, 7, 2, 0, 0, 0], [1, 3, 8, 4, 8, 2]];
    private static readonly ClipTextSettings _clipText = new(8, 2, 2, Activation.QuickGelu, VocabularySize: 9, ContextLength: 7, EndId: End);
    private static readonly DistilBertSettings _distilBert = new(8, 2, 2, InnerWidth: 12, Positions: 9, VocabularySize: 9, ContextLength: 6, EndId: End);
    private static readonly ResNetSettings _resNet = new([1, 2, 1, 1], Width: 4);
    private static readonly ClipResNetSettings _clipResNet = new([2, 1, 1, 1], Width: 4, Heads: 4, Pixels: 64);
    private static readonly VisionTransformerSettings _visionTransformer = new(Patch: 4, Width: 8, Layers: 2, Heads: 2, Pixels: 12);

    /// <summary>Weights of any kind, running statistics too, in float64 and in evaluation.</summary>
    private static nn.Module<Tensor, Tensor> Shaken(nn.Module<Tensor, Tensor> module, long seed, double size = 0.3)
    {
        Seeds.Fix(seed);
        module.to(ScalarType.Float64);
        module.eval();
        using var scope = NewDisposeScope();
        using var free = no_grad();
        foreach (var p in module.parameters()) p.add_(size * randn_like(p));
        foreach (var (name, buffer) in module.named_buffers())
        {
            if (name.EndsWith("mean", StringComparison.Ordinal)) buffer.copy_(randn_like(buffer));
            if (name.EndsWith("var", StringComparison.Ordinal)) buffer.copy_(0.5 + rand_like(buffer));
        }

        return module;
    }

    private static void Equal(double[] expected, Tensor actual)
    {
        Assert.Equal(expected.Length, actual.shape[0]);
        var found = actual.detach().contiguous().data<double>().ToArray();
        for (var d = 0; d < expected.Length; d++) Assert.Equal(expected[d], found[d], 1e-9 * Math.Max(1, Math.Abs(expected[d])));
        Assert.Contains(expected, v => Math.Abs(v) > 1e-3);
    }

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData("ClipRN50", 102_007_137)]
    [InlineData("ClipViTB32", 151_277_313)]
    [InlineData("ClipViTB16", 149_620_737)]
    [InlineData("Paper", 23_508_032 + 66_362_880 + ((2048 + 768 + 2) * 256) + (2 * 257 * 256) + (4 * 256) + 1)]
    public void Named_models_have_the_published_parameters(string name, long expected)
    {
        var settings = DualEncoderSettings.Named(name);
        Assert.Equal(expected, Counted(() => new DualEncoder(settings)));
    }

    [Fact]
    public void Towers_have_the_published_parameters()
    {
        Assert.Equal(25_557_032, Counted(() => (ResNetSettings.ResNet50 with { Classes = 1000 }).Build()));
        Assert.Equal(66_362_880, Counted(() => DistilBertSettings.Base.Build()));
    }

    private static long Counted(Func<nn.Module> make)
    {
        using var module = make();
        return module.parameters().Sum(p => p.numel());
    }

    [Fact]
    public void ResNet_equals_loops_over_doubles()
    {
        using var scope = NewDisposeScope();
        using var tower = Shaken(_resNet.Build(), 1);
        var pixels = randn(2, 3, 37, 50, ScalarType.Float64);
        var reference = new Float64Reference(tower);
        var features = tower.call(pixels);
        for (var b = 0; b < 2; b++) Equal(reference.ResNet(Float64Reference.Image(pixels, b), [1, 2, 1, 1]), features[b]);
    }

    [Fact]
    public void Clips_residual_network_and_its_pool_equal_loops_over_doubles()
    {
        using var scope = NewDisposeScope();
        using var tower = Shaken(_clipResNet.Build(), 2, size: 0.05);
        var pixels = randn(2, 3, 64, 64, ScalarType.Float64);
        var reference = new Float64Reference(tower);
        var features = tower.call(pixels);
        for (var b = 0; b < 2; b++) Equal(reference.ClipResNet(Float64Reference.Image(pixels, b), [2, 1, 1, 1], 4), features[b]);
    }

    [Theory]
    [InlineData(Activation.Gelu)]
    [InlineData(Activation.QuickGelu)]
    public void Clips_vision_transformer_equals_loops_over_doubles(Activation activation)
    {
        using var scope = NewDisposeScope();
        using var tower = Shaken((_visionTransformer with { Activation = activation }).Build(), 3);
        var pixels = randn(2, 3, 12, 12, ScalarType.Float64);
        var reference = new Float64Reference(tower);
        var features = tower.call(pixels);
        for (var b = 0; b < 2; b++) Equal(reference.VisionTransformer(Float64Reference.Image(pixels, b), 4, 2, 2, activation == Activation.QuickGelu), features[b]);
    }

    [Theory]
    [InlineData(Activation.Gelu)]
    [InlineData(Activation.QuickGelu)]
    public void Clips_text_transformer_equals_loops_over_doubles(Activation activation)
    {
        using var scope = NewDisposeScope();
        using var tower = Shaken((_clipText with { Activation = activation }).Build(), 4);
        var reference = new Float64Reference(tower);
        var features = tower.call(Tokens());
        for (var b = 0; b < _texts.Length; b++) Equal(reference.ClipText(_texts[b], Array.IndexOf(_texts[b], End), 2, 2, activation == Activation.QuickGelu), features[b]);
    }

    [Fact]
    public void DistilBert_equals_loops_over_doubles_and_hears_no_padding()
    {
        using var scope = NewDisposeScope();
        using var tower = Shaken(_distilBert.Build(), 5);
        var reference = new Float64Reference(tower);
        var features = tower.call(Tokens());
        for (var b = 0; b < _texts.Length; b++) Equal(reference.DistilBert(_texts[b], Array.IndexOf(_texts[b], End), 2, 2), features[b]);
        Assert.True(features[1].allclose(tower.call(tensor(new long[,] { { 1, 7, 2, 8, 2, 3 } }))[0], 1e-12, 1e-12));
    }

    [Fact]
    public void Dropout_acts_in_training_alone()
    {
        using var scope = NewDisposeScope();
        using var tower = Shaken(_distilBert.Build(), 6);
        Assert.True(tower.call(Tokens()).allclose(tower.call(Tokens())));
        tower.train();
        Assert.False(tower.call(Tokens()).allclose(tower.call(Tokens())));
    }

    [Theory]
    [InlineData(4, 2, 2, false)]
    [InlineData(16, 4, 1, false)]
    [InlineData(4, 2, 2, true)]
    [InlineData(4, 2, 1, true)]
    public void Bottleneck_gradients_agree_with_differences(int inputWidth, int width, int stride, bool averaging)
    {
        using var block = new Bottleneck(inputWidth, width, stride, averaging);
        Shaken(block, 7).train(); // in training: statistics of the batch
        using var input = Input(3, inputWidth, 6, 6);
        GradientCheck.Run(block, block.call, input);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Clip_block_gradients_agree_with_differences_over_all_and_at_one_position(bool causal)
    {
        using var block = new ClipBlock(8, 2, 2, Activation.QuickGelu, causal);
        Shaken(block, 8);
        using var input = Input(3, 5, 8);
        GradientCheck.Run(block, block.call, input);
        block.zero_grad();
        input.grad = null!;
        using var positions = tensor(new long[] { 4, 0, 2 });
        GradientCheck.Run(block, x => block.At(x, positions), input);
        using var scope = NewDisposeScope();
        var (whole, at) = (block.call(input), block.At(input, positions));
        for (var row = 0; row < 3; row++) Assert.True(at[row].allclose(whole[row, positions[row].item<long>()], 1e-11, 1e-11));
    }

    [Fact]
    public void DistilBert_block_gradients_agree_with_differences()
    {
        using var block = new DistilBertBlock(_distilBert);
        block.to(ScalarType.Float64);
        block.eval();
        using var visible = tensor(new[] { true, true, true, false, true, true, false, false }).view(2, 1, 1, 4);
        using var input = Input(2, 4, 8);
        GradientCheck.Run(block, x => block.call(x, visible), input);
    }

    [Fact]
    public void Attention_pool_gradients_agree_with_differences()
    {
        using var pool = new AttentionPool(6, 8, 2);
        Shaken(pool, 9);
        using var input = Input(2, 8, 2, 3);
        GradientCheck.Run(pool, pool.call, input);
    }

    [Fact]
    public void Vision_transformer_gradients_agree_with_differences()
    {
        using var tower = Shaken(_visionTransformer.Build(), 10);
        using var input = Input(2, 3, 12, 12);
        GradientCheck.Run(tower, tower.call, input, placesPerTensor: 2);
    }

    [Fact]
    public void Text_tower_gradients_agree_with_differences()
    {
        foreach (var settings in new TextTowerSettings[] { _clipText, _distilBert })
        {
            using var tower = Shaken(settings.Build(), 11);
            using var tokens = Tokens();
            using var unused = Input(1);
            (tower.call(tokens).sum() + unused.sum()).backward();
            unused.grad!.zero_();
            tower.zero_grad();
            GradientCheck.Run(tower, t => tower.call(tokens) + (0 * t), unused, placesPerTensor: 3);
        }
    }

    [Fact]
    public void New_batch_normalisations_start_as_PyTorch_starts_them()
    {
        using var tower = _clipResNet.Build();
        var norms = tower.named_modules().Where(m => m.module is BatchNormalisation).ToArray();
        Assert.Equal(3 + (3 * 5) + 4, norms.Length);
        foreach (var (name, module) in norms)
        {
            var norm = (BatchNormalisation)module;
            var gain = name.StartsWith("layer", StringComparison.Ordinal) && name.EndsWith("bn3", StringComparison.Ordinal) ? 0f : 1f;
            Assert.All(norm.Gain.data<float>().ToArray(), v => Assert.Equal(gain, v));
            Assert.All(norm.Offset.data<float>().ToArray(), v => Assert.Equal(0f, v));
            Assert.All(norm.RunningMean.data<float>().ToArray(), v => Assert.Equal(0f, v));
            Assert.All(norm.RunningVariance.data<float>().ToArray(), v => Assert.Equal(1f, v));
        }
    }

    [Fact]
    public void Pictures_and_texts_that_do_not_fit_a_tower_say_so()
    {
        using var scope = NewDisposeScope();
        Assert.Contains("12", Assert.Throws<ArgumentException>(() => _visionTransformer.Build().call(randn(1, 3, 16, 16))).Message, StringComparison.Ordinal);
        Assert.Contains("places", Assert.Throws<ArgumentException>(() => _clipResNet.Build().call(randn(1, 3, 96, 96))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => _distilBert.Build().call(ones(1, 6, ScalarType.Int64)));
        Assert.Throws<InputException>(() => (_clipText with { Heads = 3 }).Build());
        Assert.Throws<InputException>(() => (_distilBert with { ContextLength = 10 }).Build());
        Assert.Throws<InputException>(() => (_visionTransformer with { Patch = 5 }).Build());
        Assert.Throws<InputException>(() => (_clipResNet with { Pixels = 60 }).Build());
        Assert.Throws<InputException>(() => (_resNet with { Blocks = [1, 1] }).Build());
    }

    [Fact]
    public void Every_named_size_survives_json_and_says_its_kind_first()
    {
        foreach (var size in DualEncoderSettings.All)
        {
            var json = JsonSerializer.Serialize(size, ResultsJson.Options);
            var back = JsonSerializer.Deserialize<DualEncoderSettings>(json, ResultsJson.Options)!;
            Assert.Equal(json, JsonSerializer.Serialize(back, ResultsJson.Options));
            Assert.Equal(size.Image.GetType(), back.Image.GetType());
            Assert.Equal(size.Text, back.Text);
        }

        var written = JsonSerializer.Serialize(DualEncoderSettings.Paper, ResultsJson.Line);
        Assert.Contains("""
            "image":{"kind":"resnet","blocks":[3,4,6,3]
            """, written, StringComparison.Ordinal);
        var byHand = JsonSerializer.Deserialize<DualEncoderSettings>("""
            {"name":"mine","image":{"kind":"clip-vit","patch":16,"width":192,"layers":3,"heads":3,"pixels":64},"text":{"kind":"transformer","width":96,"layers":2,"heads":4},"embedDim":64}
            """, ResultsJson.Options)!;
        Assert.Equal(new VisionTransformerSettings(16, 192, 3, 3, 64), byHand.Image);
        Assert.Equal(new TextEncoderSettings(96, 2, 4), byHand.Text);
    }

    [Fact]
    public void Any_towers_join_in_a_dual_encoder()
    {
        using var scope = NewDisposeScope();
        foreach (var image in new ImageTowerSettings[] { _resNet, _clipResNet, _visionTransformer with { Pixels = 64 } })
        {
            foreach (var text in new TextTowerSettings[] { _clipText, _distilBert })
            {
                using var model = new DualEncoder(new DualEncoderSettings("mixed", image, text, EmbedDim: 4, ProjectionKind.Residual));
                Assert.True(model.EncodeImage(randn(3, 3, 64, 64)).norm(1).allclose(ones(3)));
                Assert.True(model.EncodeText(Tokens()).norm(1).allclose(ones(3)));
            }
        }
    }

    private static Tensor Tokens()
    {
        var tokens = new long[_texts.Length, _texts[0].Length];
        for (var b = 0; b < _texts.Length; b++)
            for (var l = 0; l < _texts[b].Length; l++)
                tokens[b, l] = _texts[b][l];
        return tensor(tokens);
    }

    private static Tensor Input(params long[] shape)
    {
        var input = randn(shape, dtype: ScalarType.Float64);
        input.requires_grad = true;
        return input;
    }
}
