using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>Two matrices with a GELU between them and dropout behind.</summary>
internal sealed class DistilBertMlp : Module<Tensor, Tensor>
{
    [ComponentName(Name = "lin1")]
    private readonly Linear _expand;
    [ComponentName(Name = "lin2")]
    private readonly Linear _contract;
    private readonly double _dropout;

    public DistilBertMlp(DistilBertSettings settings)
        : base(nameof(DistilBertMlp))
    {
        _dropout = settings.Dropout;
        _expand = DistilBert.FirstLinear(settings.Width, settings.InnerWidth);
        _contract = DistilBert.FirstLinear(settings.InnerWidth, settings.Width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return functional.dropout(_contract.call(functional.gelu(_expand.call(input))), _dropout, training).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _expand.Dispose();
            _contract.Dispose();
        }

        base.Dispose(disposing);
    }
}
