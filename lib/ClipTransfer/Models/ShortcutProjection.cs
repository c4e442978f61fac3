using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>The way round a block that changes width or size: a 1×1 convolution and batch normalisation, named <c>0</c> and <c>1</c> as in torchvision and CLIP.</summary>
internal sealed class ShortcutProjection : Module<Tensor, Tensor>
{
    [ComponentName(Name = "0")]
    private readonly Conv2d _conv;
    [ComponentName(Name = "1")]
    private readonly BatchNormalisation _norm;
    private readonly int _average;

    public ShortcutProjection(int inputWidth, int width, int stride, bool averaging)
        : base(nameof(ShortcutProjection))
    {
        _average = averaging ? stride : 1;
        _conv = Conv2d(inputWidth, width, 1, averaging ? 1 : stride, bias: false);
        init.kaiming_normal_(_conv.weight!, mode: init.FanInOut.FanOut);
        _norm = new BatchNormalisation(width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = _average == 1 ? input : functional.avg_pool2d(input, _average);
        return _norm.call(_conv.call(x)).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _conv.Dispose();
            _norm.Dispose();
        }

        base.Dispose(disposing);
    }
}
