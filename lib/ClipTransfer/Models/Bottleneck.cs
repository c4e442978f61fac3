using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>ResNet's block of three convolutions, 1×1, 3×3 and 1×1 (He et al. 2016, figure 5), with batch normalisation and a way round them.</summary>
/// <remarks>
/// Where it halves the picture, torchvision's ("version 1.5") gives the stride to the 3×3 convolution; CLIP's (Radford et al. 2021, section 2.4) averages instead, so that no frequency is
/// folded back: there behind the 3×3 convolution, and before the shortcut's.
/// </remarks>
public sealed class Bottleneck : Module<Tensor, Tensor>
{
    /// <summary>How much wider the block's output is than its 3×3 convolution.</summary>
    public const int Expansion = 4;

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
    [ComponentName(Name = "downsample")]
    private readonly ShortcutProjection? _shortcut;
    private readonly int _average;

    /// <summary>Makes a block.</summary>
    /// <param name="inputWidth">Channels in.</param>
    /// <param name="width">Channels of the 3×3 convolution; four times as many go out.</param>
    /// <param name="stride">1, or 2 to halve height and width.</param>
    /// <param name="averaging">CLIP's way to halve; its blocks start as their shortcut alone (the last gain is 0).</param>
    public Bottleneck(int inputWidth, int width, int stride, bool averaging)
        : base(nameof(Bottleneck))
    {
        _average = averaging ? stride : 1;
        _conv1 = Conv2d(inputWidth, width, 1, bias: false);
        _norm1 = new BatchNormalisation(width);
        _conv2 = Conv2d(width, width, 3, averaging ? 1 : stride, 1, bias: false);
        _norm2 = new BatchNormalisation(width);
        _conv3 = Conv2d(width, Expansion * width, 1, bias: false);
        _norm3 = new BatchNormalisation(Expansion * width, gain: averaging ? 0 : 1);
        foreach (var conv in new[] { _conv1, _conv2, _conv3 }) init.kaiming_normal_(conv.weight!, mode: init.FanInOut.FanOut);
        if (stride != 1 || inputWidth != Expansion * width) _shortcut = new ShortcutProjection(inputWidth, Expansion * width, stride, averaging);
        RegisterComponents();
    }

    /// <summary><c>[B, inputWidth, h, w]</c> to <c>[B, 4·width, h/stride, w/stride]</c>.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = _norm1.call(_conv1.call(input)).relu_();
        x = _norm2.call(_conv2.call(x)).relu_();
        if (_average > 1) x = functional.avg_pool2d(x, _average);
        x = _norm3.call(_conv3.call(x));
        return (x + (_shortcut is null ? input : _shortcut.call(input))).relu_().MoveToOuterDisposeScope();
    }

    /// <summary>The blocks of one stage, the first of which halves the picture if its stride is 2.</summary>
    internal static ModuleList<Bottleneck> Stage(int inputWidth, int width, int count, int stride, bool averaging)
    {
        ModuleList<Bottleneck> blocks = [];
        for (var k = 0; k < count; k++) blocks.Add(new Bottleneck(k == 0 ? inputWidth : Expansion * width, width, k == 0 ? stride : 1, averaging));
        return blocks;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var child in new Module?[] { _conv1, _norm1, _conv2, _norm2, _conv3, _norm3, _shortcut }) child?.Dispose();
        }

        base.Dispose(disposing);
    }
}
