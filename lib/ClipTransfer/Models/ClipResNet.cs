using ClipTransfer.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>CLIP's residual network: a stem of three convolutions, blocks that average before they halve, and an attention pool; named as OpenAI and open_clip name it below <c>visual</c>.</summary>
public sealed class ClipResNet : Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv1")]
    private readonly Conv2d _conv1;
    [ComponentName(Name = "bn1")]
    private readonly BatchNormalisation _norm1;
    [ComponentName(Name = "conv2")]
    private readonly Conv2d _conv2;
    [ComponentName(Name = "bn2")]
    private readonly BatchNormalisation _norm2;
    [ComponentName(Name = "conv3")]
    private readonly Conv2d _conv3;
    [ComponentName(Name = "bn3")]
    private readonly BatchNormalisation _norm3;
    [ComponentName(Name = "layer1")]
    private readonly ModuleList<Bottleneck> _stage1;
    [ComponentName(Name = "layer2")]
    private readonly ModuleList<Bottleneck> _stage2;
    [ComponentName(Name = "layer3")]
    private readonly ModuleList<Bottleneck> _stage3;
    [ComponentName(Name = "layer4")]
    private readonly ModuleList<Bottleneck> _stage4;
    [ComponentName(Name = "attnpool")]
    private readonly AttentionPool _pool;

    /// <summary>Makes the tower with first weights from torch's generator.</summary>
    /// <exception cref="InputException">The numbers do not fit together.</exception>
    public ClipResNet(ClipResNetSettings settings)
        : base(nameof(ClipResNet))
    {
        if (settings.Blocks.Count != 4 || settings.Blocks.Any(count => count < 1) || settings.Width < 2 || settings.Width % 2 != 0
            || settings.Pixels < 32 || settings.Pixels % 32 != 0 || settings.Heads < 1 || settings.FeatureWidth % settings.Heads != 0)
            throw new InputException("image encoder", $"{settings.Blocks.Count} stages at width {settings.Width}, {settings.Heads} heads and {settings.Pixels} pixels do not fit together",
                "Use four stages, an even width, heads that divide 32 times the width, and a multiple of 32 pixels");
        var width = settings.Width;
        (_conv1, _norm1) = (Conv2d(3, width / 2, 3, 2, 1, bias: false), new BatchNormalisation(width / 2));
        (_conv2, _norm2) = (Conv2d(width / 2, width / 2, 3, 1, 1, bias: false), new BatchNormalisation(width / 2));
        (_conv3, _norm3) = (Conv2d(width / 2, width, 3, 1, 1, bias: false), new BatchNormalisation(width));
        foreach (var conv in new[] { _conv1, _conv2, _conv3 }) init.kaiming_normal_(conv.weight!, mode: init.FanInOut.FanOut);
        _stage1 = Bottleneck.Stage(width, width, settings.Blocks[0], 1, averaging: true);
        _stage2 = Bottleneck.Stage(4 * width, 2 * width, settings.Blocks[1], 2, averaging: true);
        _stage3 = Bottleneck.Stage(8 * width, 4 * width, settings.Blocks[2], 2, averaging: true);
        _stage4 = Bottleneck.Stage(16 * width, 8 * width, settings.Blocks[3], 2, averaging: true);
        var side = settings.Pixels / 32;
        _pool = new AttentionPool(side * side, settings.FeatureWidth, settings.Heads);
        RegisterComponents();
    }

    /// <summary>Normalised pixels <c>[B, 3, Pixels, Pixels]</c> to features <c>[B, 32·width]</c>.</summary>
    /// <exception cref="ArgumentException">The pictures have another size.</exception>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = _norm1.call(_conv1.call(input)).relu_();
        x = _norm2.call(_conv2.call(x)).relu_();
        x = _norm3.call(_conv3.call(x)).relu_();
        x = functional.avg_pool2d(x, 2);
        foreach (var block in _stage1.Concat(_stage2).Concat(_stage3).Concat(_stage4)) x = block.call(x);
        return _pool.call(x).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var child in new Module[] { _conv1, _norm1, _conv2, _norm2, _conv3, _norm3, _stage1, _stage2, _stage3, _stage4, _pool }) child.Dispose();
        }

        base.Dispose(disposing);
    }
}
