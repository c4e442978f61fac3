using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>Two 3×3 convolutions with a way round them: relu(norm(conv(relu(norm(conv(x))))) + shortcut(x)).</summary>
/// <remarks>
/// Group normalisation, not batch normalisation: an embedding then depends on its own image alone, so that a batch can be cut into chunks
/// (GradCache) without changing it, training and evaluation are one function, and no statistics leak between pairs. It costs no time on a CPU.
/// </remarks>
public sealed class ResidualBlock : Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv1")]
    private readonly Conv2d _conv1;
    [ComponentName(Name = "norm1")]
    private readonly GroupNorm _norm1;
    [ComponentName(Name = "conv2")]
    private readonly Conv2d _conv2;
    [ComponentName(Name = "norm2")]
    private readonly GroupNorm _norm2;
    [ComponentName(Name = "shortcut")]
    private readonly Conv2d? _shortcut;
    private readonly int _stride;

    /// <summary>Makes a block; at first it is its shortcut alone (the last gain is 0), which lets deep towers start gently.</summary>
    /// <param name="inputWidth">Channels in.</param>
    /// <param name="width">Channels out.</param>
    /// <param name="stride">1, or 2 to halve height and width.</param>
    /// <param name="channelsPerGroup">Channels that are normalised together.</param>
    public ResidualBlock(int inputWidth, int width, int stride, int channelsPerGroup)
        : base(nameof(ResidualBlock))
    {
        _stride = stride;
        _conv1 = Conv2d(inputWidth, width, 3, stride, 1, bias: false);
        _norm1 = ChannelNorm.Of(width, channelsPerGroup);
        _conv2 = Conv2d(width, width, 3, 1, 1, bias: false);
        _norm2 = ChannelNorm.Of(width, channelsPerGroup);
        if (stride != 1 || inputWidth != width) _shortcut = Conv2d(inputWidth, width, 1, bias: false);
        init.kaiming_normal_(_conv1.weight!, mode: init.FanInOut.FanOut);
        init.kaiming_normal_(_conv2.weight!, mode: init.FanInOut.FanOut);
        init.zeros_(_norm2.weight!);
        RegisterComponents();
    }

    /// <summary><c>[B, inputWidth, h, w]</c> to <c>[B, width, h/stride, w/stride]</c>.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = _norm1.Normalise(_conv1.call(input)).relu_();
        x = _norm2.Normalise(_conv2.call(x));
        return (x + Shortcut(input)).relu_().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _conv1.Dispose();
            _norm1.Dispose();
            _conv2.Dispose();
            _norm2.Dispose();
            _shortcut?.Dispose();
        }

        base.Dispose(disposing);
    }

    // Averages before it subsamples (ResNet-D), so that no pixel is skipped.
    private Tensor Shortcut(Tensor input)
    {
        if (_shortcut is null) return input;
        return _shortcut.call(_stride == 1 ? input : functional.avg_pool2d(input, _stride, ceil_mode: true, count_include_pad: false));
    }
}
