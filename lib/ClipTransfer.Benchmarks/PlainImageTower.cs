using ClipTransfer.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Benchmarks;

/// <summary>The function of <see cref="ResidualImageEncoder"/>, as a TorchSharp user writes it: the same layers in TorchSharp's own layout.</summary>
internal sealed class PlainImageTower : Module<Tensor, Tensor>
{
    private readonly Conv2d _stem;
    private readonly GroupNorm _stemNorm;
    private readonly List<(Conv2d Conv1, GroupNorm Norm1, Conv2d Conv2, GroupNorm Norm2, Conv2d? Shortcut, int Stride)> _blocks = [];
    private readonly LayerNorm _norm;

    public PlainImageTower(ImageEncoderSettings settings)
        : base(nameof(PlainImageTower))
    {
        _stem = Add("stem", Conv2d(3, settings.StemWidth, 5, 2, 2, bias: false));
        _stemNorm = Add("stemNorm", GroupNorm(settings.StemWidth / settings.ChannelsPerGroup, settings.StemWidth));
        var width = settings.StemWidth;
        foreach (var stage in settings.StageWidths)
        {
            for (var k = 0; k < settings.BlocksPerStage; k++)
            {
                var (stride, name, groups) = (k == 0 ? 2 : 1, $"blocks{_blocks.Count}", stage / settings.ChannelsPerGroup);
                _blocks.Add((
                    Add(name + "conv1", Conv2d(width, stage, 3, stride, 1, bias: false)), Add(name + "norm1", GroupNorm(groups, stage)),
                    Add(name + "conv2", Conv2d(stage, stage, 3, 1, 1, bias: false)), Add(name + "norm2", GroupNorm(groups, stage)),
                    stride != 1 || width != stage ? Add(name + "shortcut", Conv2d(width, stage, 1, bias: false)) : null, stride));
                width = stage;
            }
        }

        _norm = Add("norm", LayerNorm(width));
    }

    public override Tensor forward(Tensor input)
    {
        var x = functional.relu(_stemNorm.call(_stem.call(input)));
        foreach (var block in _blocks)
        {
            var y = functional.relu(block.Norm1.call(block.Conv1.call(x)));
            y = block.Norm2.call(block.Conv2.call(y));
            var around = block.Stride == 1 ? x : functional.avg_pool2d(x, block.Stride, ceil_mode: true, count_include_pad: false);
            x = functional.relu(y + (block.Shortcut is null ? around : block.Shortcut.call(around)));
        }

        return _norm.call(x.mean([2, 3]));
    }

    private T Add<T>(string name, T layer)
        where T : Module
    {
        register_module(name, layer);
        return layer;
    }
}
