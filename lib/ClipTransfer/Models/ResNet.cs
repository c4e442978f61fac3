using ClipTransfer.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>A residual network of bottleneck blocks (He et al. 2016, table 1), with parameters named as torchvision and timm name them.</summary>
public sealed class ResNet : Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv1")]
    private readonly Conv2d _conv1;
    [ComponentName(Name = "bn1")]
    private readonly BatchNormalisation _norm1;
    [ComponentName(Name = "layer1")]
    private readonly ModuleList<Bottleneck> _stage1;
    [ComponentName(Name = "layer2")]
    private readonly ModuleList<Bottleneck> _stage2;
    [ComponentName(Name = "layer3")]
    private readonly ModuleList<Bottleneck> _stage3;
    [ComponentName(Name = "layer4")]
    private readonly ModuleList<Bottleneck> _stage4;
    [ComponentName(Name = "fc")]
    private readonly Linear? _classes;

    /// <summary>Makes the network with first weights from torch's generator.</summary>
    /// <exception cref="InputException">There are not four stages of at least one block.</exception>
    public ResNet(ResNetSettings settings)
        : base(nameof(ResNet))
    {
        if (settings.Blocks.Count != 4 || settings.Blocks.Any(count => count < 1) || settings.Width < 1 || settings.Classes < 0)
            throw new InputException("image encoder", $"a ResNet has no stages of {string.Join(", ", settings.Blocks)} blocks at width {settings.Width}", "Use four stages of at least one block");
        var width = settings.Width;
        _conv1 = Conv2d(3, width, 7, 2, 3, bias: false);
        init.kaiming_normal_(_conv1.weight!, mode: init.FanInOut.FanOut);
        _norm1 = new BatchNormalisation(width);
        _stage1 = Bottleneck.Stage(width, width, settings.Blocks[0], 1, averaging: false);
        _stage2 = Bottleneck.Stage(4 * width, 2 * width, settings.Blocks[1], 2, averaging: false);
        _stage3 = Bottleneck.Stage(8 * width, 4 * width, settings.Blocks[2], 2, averaging: false);
        _stage4 = Bottleneck.Stage(16 * width, 8 * width, settings.Blocks[3], 2, averaging: false);
        if (settings.Classes > 0) _classes = Linear(32 * width, settings.Classes);
        RegisterComponents();
    }

    /// <summary>Normalised pixels <c>[B, 3, H, W]</c> of any size to features <c>[B, 32·width]</c>: the mean over places; with a classification layer to its scores.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = _norm1.call(_conv1.call(input)).relu_();
        x = functional.max_pool2d(x, 3, 2, 1);
        foreach (var block in _stage1.Concat(_stage2).Concat(_stage3).Concat(_stage4)) x = block.call(x);
        x = x.mean([2, 3]);
        return (_classes is null ? x : _classes.call(x)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var child in new Module?[] { _conv1, _norm1, _stage1, _stage2, _stage3, _stage4, _classes }) child?.Dispose();
        }

        base.Dispose(disposing);
    }
}
