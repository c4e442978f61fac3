using System.Text.Json;
using ClipTransfer.Models;
using ClipTransfer.Models.Weights;
using ClipTransfer.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Models.Weights;

public sealed class PublicWeightsTests : IDisposable
{
    private static readonly ClipTextSettings _text = new(8, 2, 2, VocabularySize: 9, ContextLength: 7, EndId: 2);
    private static readonly DualEncoderSettings _vit = new("ViT", new VisionTransformerSettings(4, 8, 1, 2, Pixels: 8), _text, EmbedDim: 6);
    private static readonly DualEncoderSettings _rn = new("RN", new ClipResNetSettings([1, 1, 1, 1], Width: 2, Heads: 2, Pixels: 32), _text, EmbedDim: 6);
    private static readonly DualEncoderSettings _paper = new(
        "Small paper", new ResNetSettings([1, 1, 1, 1], Width: 2), new DistilBertSettings(8, 1, 2, 12, Positions: 7, VocabularySize: 9, ContextLength: 6, EndId: 2), EmbedDim: 6, ProjectionKind.Residual);

    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    private static DualEncoder Random(DualEncoderSettings settings, long seed)
    {
        Seeds.Fix(seed);
        var model = new DualEncoder(settings);
        using var free = no_grad();
        foreach (var p in model.parameters()) p.add_(0.1 * randn_like(p));
        model.eval();
        return model;
    }

    private static Tensor Tokens() => tensor(new long[,] { { 1, 5, 2, 0 }, { 1, 2, 0, 0 } });

    [Fact]
    public void A_vision_transformer_clip_is_written_under_the_published_names()
    {
        // The names of OpenAI's ViT-B-32.pt and of open_clip's state dict, with one block in the image tower and two in the text tower.
        string[] Block(string at) =>
        [
            at + "ln_1.weight 8", at + "ln_1.bias 8", at + "attn.in_proj_weight 24x8", at + "attn.in_proj_bias 24", at + "attn.out_proj.weight 8x8", at + "attn.out_proj.bias 8",
            at + "ln_2.weight 8", at + "ln_2.bias 8", at + "mlp.c_fc.weight 32x8", at + "mlp.c_fc.bias 32", at + "mlp.c_proj.weight 8x32", at + "mlp.c_proj.bias 8",
        ];
        string[] expected =
        [
            "visual.class_embedding 8", "visual.positional_embedding 5x8", "visual.proj 8x6", "visual.conv1.weight 8x3x4x4", "visual.ln_pre.weight 8", "visual.ln_pre.bias 8",
            .. Block("visual.transformer.resblocks.0."), "visual.ln_post.weight 8", "visual.ln_post.bias 8",
            .. Block("transformer.resblocks.0."), .. Block("transformer.resblocks.1."),
            "positional_embedding 7x8", "text_projection 8x6", "logit_scale ", "token_embedding.weight 9x8", "ln_final.weight 8", "ln_final.bias 8",
        ];
        using var model = Random(_vit, 1);
        PublicConfiguration.ExportOpenClip(model, _folder.Path);
        var (tensors, metadata) = SafetensorsReference.Read(_folder.File("open_clip_model.safetensors"));
        Assert.Equal(expected.Order(StringComparer.Ordinal), tensors.Select(t => $"{t.Key} {string.Join('x', t.Value.Shape)}").Order(StringComparer.Ordinal));
        Assert.Equal("pt", metadata["format"]);
        // CLIP multiplies features from the left: features · proj.
        var features = model.ImageFeatures(ones(1, 3, 8, 8));
        var proj = tensor(tensors["visual.proj"].Values, 8, 6).to(ScalarType.Float32);
        Assert.True(features.matmul(proj).allclose(model.ProjectImage(ones(1, 3, 8, 8)), 1e-4, 1e-5));

        using var config = JsonDocument.Parse(File.ReadAllText(_folder.File("open_clip_config.json")));
        var cfg = config.RootElement.GetProperty("model_cfg");
        Assert.Equal(6, cfg.GetProperty("embed_dim").GetInt32());
        Assert.True(cfg.GetProperty("quick_gelu").GetBoolean());
        Assert.Equal(4, cfg.GetProperty("vision_cfg").GetProperty("head_width").GetInt32());
        Assert.Equal(7, cfg.GetProperty("text_cfg").GetProperty("context_length").GetInt32());
    }

    [Fact]
    public void A_residual_clip_is_written_under_the_published_names()
    {
        using var model = Random(_rn, 2);
        PublicConfiguration.ExportOpenClip(model, _folder.Path);
        var (tensors, _) = SafetensorsReference.Read(_folder.File("open_clip_model.safetensors"));
        foreach (var name in new[]
        {
            "visual.conv1.weight", "visual.bn3.running_var", "visual.bn1.num_batches_tracked", "visual.layer1.0.conv3.weight", "visual.layer4.0.downsample.0.weight",
            "visual.layer2.0.downsample.1.running_mean", "visual.attnpool.positional_embedding", "visual.attnpool.q_proj.bias", "visual.attnpool.c_proj.weight", "visual.attnpool.c_proj.bias",
        }) Assert.True(tensors.ContainsKey(name), name);
        Assert.Equal([6L, 64L], tensors["visual.attnpool.c_proj.weight"].Shape); // a layer's own direction, not transposed
    }

    [Fact]
    public void ResNet_and_DistilBert_are_written_under_the_published_names()
    {
        using var model = Random(_paper, 3);
        PublicWeights.Export(model, _folder.File("resnet.safetensors"), WeightMap.ImageTower(model));
        PublicConfiguration.ExportDistilBert(model, _folder.Path);
        var resNet = SafetensorsReference.Read(_folder.File("resnet.safetensors")).Tensors;
        foreach (var name in new[] { "conv1.weight", "bn1.running_mean", "layer1.0.conv2.weight", "layer1.0.downsample.0.weight", "layer4.0.bn3.bias" }) Assert.True(resNet.ContainsKey(name), name);
        string[] expected =
        [
            "embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight", "embeddings.LayerNorm.weight", "embeddings.LayerNorm.bias",
            .. new[] { "attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm" }
                .SelectMany(layer => new[] { $"transformer.layer.0.{layer}.weight", $"transformer.layer.0.{layer}.bias" }),
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), SafetensorsReference.Read(_folder.File("model.safetensors")).Tensors.Keys.Order(StringComparer.Ordinal));
        using var config = JsonDocument.Parse(File.ReadAllText(_folder.File("config.json")));
        Assert.Equal("distilbert", config.RootElement.GetProperty("model_type").GetString());
        Assert.Equal(12, config.RootElement.GetProperty("hidden_dim").GetInt32());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_clip_that_was_written_embeds_alike_once_read(bool transformer)
    {
        var settings = transformer ? _vit : _rn;
        using var first = Random(settings, 4);
        using var second = Random(settings, 5);
        PublicWeights.Export(first, _folder.File("a.safetensors"), WeightMap.Clip(first));
        var side = transformer ? 8 : 32;
        var pixels = randn(2, 3, side, side);
        Assert.False(first.EncodeImage(pixels).allclose(second.EncodeImage(pixels)));
        PublicWeights.LoadClip(second, _folder.File("a.safetensors"));
        Assert.True(first.EncodeImage(pixels).allclose(second.EncodeImage(pixels), 1e-5, 1e-6));
        Assert.True(first.EncodeText(Tokens()).allclose(second.EncodeText(Tokens()), 1e-5, 1e-6));
        Assert.Equal(first.LogitScale.Value().item<float>(), second.LogitScale.Value().item<float>());

        using var third = Random(settings, 6);
        PublicWeights.LoadImageTower(third, _folder.File("a.safetensors"));
        Assert.True(first.ImageFeatures(pixels).allclose(third.ImageFeatures(pixels), 1e-5, 1e-6));
        Assert.False(first.EncodeText(Tokens()).allclose(third.EncodeText(Tokens())));
        PublicWeights.LoadTextTower(third, _folder.File("a.safetensors"));
        Assert.True(first.state_dict()["text.ln_final.weight"].allclose(third.state_dict()["text.ln_final.weight"]));
    }

    [Fact]
    public void Public_files_with_heads_prefixes_half_numbers_and_without_counters_are_read()
    {
        using var first = Random(_paper, 7);
        using var second = Random(_paper, 8);
        var state = first.state_dict();
        SafetensorsFile.Write(_folder.File("bert.safetensors"), state.Where(e => e.Key.StartsWith("text.", StringComparison.Ordinal)).Select(e => ("distilbert." + e.Key[5..], e.Value.half()))
            .Append(("vocab_transform.weight", ones(2, 2))).Append(("vocab_projector.bias", ones(2))));
        SafetensorsFile.Write(_folder.File("resnet.safetensors"), state.Where(e => e.Key.StartsWith("image.", StringComparison.Ordinal) && !e.Key.EndsWith("tracked", StringComparison.Ordinal))
            .Select(e => ("module." + e.Key[6..], e.Value)).Append(("fc.weight", ones(10, 64))).Append(("fc.bias", ones(10))));
        PublicWeights.LoadTextTower(second, _folder.File("bert.safetensors"));
        PublicWeights.LoadImageTower(second, _folder.File("resnet.safetensors"));
        foreach (var (name, tensor) in second.state_dict().Where(e => e.Key.StartsWith("image.", StringComparison.Ordinal) || e.Key.StartsWith("text.", StringComparison.Ordinal)))
            Assert.True(tensor.allclose(state[name], 2e-3, 1e-3), name);
        Assert.Equal(ScalarType.Float32, second.state_dict()["text.embeddings.LayerNorm.weight"].dtype);
    }

    [Fact]
    public void A_mismatch_lists_all_kinds_with_the_nearest_name_and_changes_nothing()
    {
        using var model = Random(_vit, 9);
        PublicWeights.Export(model, _folder.File("good.safetensors"), WeightMap.Clip(model));
        using (var good = SafetensorsFile.Open(_folder.File("good.safetensors")))
        {
            SafetensorsFile.Write(_folder.File("bad.safetensors"), good.Entries.Select(e => e.Name switch
            {
                "ln_final.weight" => ("ln_finale.weight", good.Read(e.Name)),
                "visual.proj" => (e.Name, good.Read(e.Name).t()),
                "logit_scale" => (e.Name, tensor(3L)),
                _ => (e.Name, zeros_like(good.Read(e.Name))),
            }));
        }

        var before = model.state_dict()["text.ln_final.bias"].clone();
        var message = Assert.Throws<InputException>(() => PublicWeights.LoadClip(model, _folder.File("bad.safetensors"))).Message;
        Assert.Contains("1 missing: ln_final.weight (nearest: ln_finale.weight)", message, StringComparison.Ordinal);
        Assert.Contains("1 unexpected: ln_finale.weight (nearest: ln_final.weight)", message, StringComparison.Ordinal);
        Assert.Contains("2 wrongly shaped:", message, StringComparison.Ordinal);
        Assert.Contains("visual.proj Float32 [6, 8], expected [8, 6]", message, StringComparison.Ordinal);
        Assert.Contains("logit_scale Int64", message, StringComparison.Ordinal);
        Assert.True(before.equal(model.state_dict()["text.ln_final.bias"]).all().item<bool>());
        using var other = Random(_paper, 10);
        Assert.Contains("and", Assert.Throws<InputException>(() => PublicWeights.LoadImageTower(other, _folder.File("good.safetensors"))).Message, StringComparison.Ordinal);
        Assert.Contains("no CLIP", Assert.Throws<InputException>(() => PublicWeights.LoadClip(other, _folder.File("good.safetensors"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_starts_from_scratch_where_no_weights_are_at_hand_and_says_so()
    {
        using var model = Random(_paper, 11);
        Assert.Equal([new StartingWeights("image", null, null), new StartingWeights("text", null, null)], StartingWeights.LoadPresent(model, _folder.Path));
        using var clip = Random(_vit with { Name = "ClipViTB32" }, 12);
        using var source = Random(_vit, 13);
        var path = System.IO.Path.Combine(_folder.Path, "weights", "clip-vit-b-32", "ViT-B-32.pt");
        PublicWeights.Export(source, path, WeightMap.Clip(source));
        var start = Assert.Single(StartingWeights.LoadPresent(clip, _folder.Path));
        Assert.Equal(("both", "clip-vit-b-32"), (start.Part, start.Name));
        Assert.True(clip.EncodeText(Tokens()).allclose(source.EncodeText(Tokens()), 1e-5, 1e-6));
    }
}
