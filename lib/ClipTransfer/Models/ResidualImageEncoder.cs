using ClipTransfer.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>A small residual convolutional tower: pictures to features, any size of picture.</summary>
public sealed class ResidualImageEncoder : Module<Tensor, Tensor>
{
    [ComponentName(Name = "stem")]
    private readonly Conv2d _stem;
    [ComponentName(Name = "stemNorm")]
    private readonly GroupNorm _stemNorm;
    [ComponentName(Name = "blocks")]
    private readonly ModuleList<ResidualBlock> _blocks;
    [ComponentName(Name = "norm")]
    private readonly LayerNorm _norm;

    /// <summary>Makes the tower with first weights from torch's generator.</summary>
    /// <exception cref="InputException">A width is not a multiple of the group size, or there is no stage.</exception>
    public ResidualImageEncoder(ImageEncoderSettings settings)
        : base(nameof(ResidualImageEncoder))
    {
        if (settings.StageWidths.Count == 0 || settings.BlocksPerStage < 1 || settings.ChannelsPerGroup < 1
            || settings.StageWidths.Append(settings.StemWidth).Any(width => width < 1 || width % settings.ChannelsPerGroup != 0))
            throw new InputException("image encoder", $"stem {settings.StemWidth} and stages {string.Join(", ", settings.StageWidths)} do not fit groups of {settings.ChannelsPerGroup}",
                "Use at least one stage, and multiples of the group size");
        _stem = Conv2d(3, settings.StemWidth, 5, 2, 2, bias: false);
        init.kaiming_normal_(_stem.weight!, mode: init.FanInOut.FanOut);
        _stemNorm = ChannelNorm.Of(settings.StemWidth, settings.ChannelsPerGroup);
        _blocks = [];
        var width = settings.StemWidth;
        foreach (var stage in settings.StageWidths)
        {
            for (var k = 0; k < settings.BlocksPerStage; k++)
            {
                _blocks.Add(new ResidualBlock(width, stage, k == 0 ? 2 : 1, settings.ChannelsPerGroup));
                width = stage;
            }
        }

        _norm = LayerNorm(width);
        RegisterComponents();
    }

    /// <summary>Normalised pixels <c>[B, 3, H, W]</c> to features <c>[B, F]</c>: the mean over places, then LayerNorm.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = _stemNorm.Normalise(_stem.call(input)).relu_();
        foreach (var block in _blocks) x = block.call(x);
        return _norm.Normalise(x.mean([2, 3])).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stem.Dispose();
            _stemNorm.Dispose();
            _blocks.Dispose();
            _norm.Dispose();
        }

        base.Dispose(disposing);
    }
}
