using System.Diagnostics;
using ClipTransfer.Models;
using ClipTransfer.Models.Weights;
using ClipTransfer.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Models.Weights;

/// <summary>Exports opened by PyTorch and torchvision themselves, in Debian's packages <c>python3-torch</c> and <c>python3-torchvision</c>, and their files opened by us.</summary>
[Trait("Category", "Slow")]
public sealed class PyTorchPeerTests : IDisposable
{
    private static readonly DualEncoderSettings _paper = new(
        "Peer", ResNetSettings.ResNet50, new DistilBertSettings(16, 2, 4, 32, Positions: 12, VocabularySize: 20, ContextLength: 8, EndId: 2), EmbedDim: 8, ProjectionKind.Residual);

    private static readonly DualEncoderSettings _clip = new(
        "Peer", new VisionTransformerSettings(4, 8, 2, 2, Pixels: 16), new ClipTextSettings(12, 2, 2, VocabularySize: 20, ContextLength: 9, EndId: 19), EmbedDim: 6);

    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void PyTorch_computes_from_our_exports_what_we_do_and_we_from_torchvisions_what_it_does()
    {
        using var free = no_grad();
        using var paper = Random(_paper, 1);
        using var clip = Random(_clip, 2);
        var (pixels, small) = (randn(2, 3, 64, 64), randn(2, 3, 16, 16));
        var bert = tensor(new long[,] { { 1, 5, 9, 2, 0, 0 }, { 1, 7, 6, 5, 3, 2 } });
        var tokens = tensor(new long[,] { { 1, 5, 9, 19, 0, 0 }, { 1, 7, 6, 5, 3, 19 } });
        PublicWeights.Export(paper, _folder.File("resnet.safetensors"), WeightMap.ImageTower(paper));
        PublicConfiguration.ExportDistilBert(paper, _folder.Path);
        PublicConfiguration.ExportOpenClip(clip, _folder.Path);
        SafetensorsFile.Write(_folder.File("inputs.safetensors"), [("pixels", pixels), ("small", small), ("bert", bert), ("tokens", tokens)]);

        Python(Path.Combine(AppContext.BaseDirectory, "Models", "Weights", "pytorch_peer.py"), _folder.Path);

        using var results = TorchFile.Open(_folder.File("results.pt"));
        Close(results.Read("resnet"), paper.ImageFeatures(pixels));
        Close(results.Read("distilbert"), paper.TextFeatures(bert));
        Close(results.Read("clip.image"), clip.ProjectImage(small));
        Close(results.Read("clip.text"), clip.ProjectText(tokens));

        PublicWeights.LoadImageTower(paper, _folder.File("torchvision-resnet50.pt"));
        Close(results.Read("torchvision"), paper.ImageFeatures(pixels));
    }

    private static DualEncoder Random(DualEncoderSettings settings, long seed)
    {
        Seeds.Fix(seed);
        var model = new DualEncoder(settings);
        foreach (var p in model.parameters().Where(p => p.dim() == 1)) p.add_(0.1 * randn_like(p));
        foreach (var buffer in model.named_buffers().Where(b => b.buffer.is_floating_point()).Select(b => b.buffer)) buffer.add_(0.2 * rand_like(buffer));
        model.eval();
        return model;
    }

    // Two libtorches of different years sum in different orders.
    private static void Close(Tensor expected, Tensor actual)
    {
        var scale = expected.abs().max().item<float>();
        Assert.True(scale > 0);
        Assert.Equal(expected.shape, actual.shape);
        Assert.InRange((expected - actual).abs().max().item<float>() / scale, 0, 1e-4);
    }

    private static void Python(string script, string folder)
    {
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/python3", [script, folder]) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{script} ended with {process.ExitCode}: {error}");
    }
}
