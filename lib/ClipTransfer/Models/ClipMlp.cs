using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>Two matrices with an activation between them, four times as wide inside.</summary>
internal sealed class ClipMlp : Module<Tensor, Tensor>
{
    [ComponentName(Name = "c_fc")]
    private readonly Linear _expand;
    [ComponentName(Name = "c_proj")]
    private readonly Linear _contract;
    private readonly Activation _activation;

    public ClipMlp(int width, Activation activation, double contractStd)
        : base(nameof(ClipMlp))
    {
        _activation = activation;
        _expand = Linear(width, 4 * width);
        _contract = Linear(4 * width, width);
        init.normal_(_expand.weight!, 0, Math.Pow(2 * width, -0.5));
        init.normal_(_contract.weight!, 0, contractStd);
        init.zeros_(_expand.bias!);
        init.zeros_(_contract.bias!);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _contract.call(_activation.Apply(_expand.call(input))).MoveToOuterDisposeScope();
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
