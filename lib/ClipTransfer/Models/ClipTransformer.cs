using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>A stack of <see cref="ClipBlock"/>s that is read at one position of each row.</summary>
internal sealed class ClipTransformer : Module<Tensor, Tensor, Tensor>
{
    [ComponentName(Name = "resblocks")]
    private readonly ModuleList<ClipBlock> _blocks = [];

    public ClipTransformer(int width, int layers, int heads, Activation activation, bool causal)
        : base(nameof(ClipTransformer))
    {
        for (var k = 0; k < layers; k++) _blocks.Add(new ClipBlock(width, heads, layers, activation, causal));
        RegisterComponents();
    }

    /// <summary><c>[B, L, W]</c> and positions <c>[B] int64</c> to <c>[B, W]</c>.</summary>
    public override Tensor forward(Tensor input, Tensor positions)
    {
        using var scope = NewDisposeScope();
        var x = input;
        for (var k = 0; k < _blocks.Count - 1; k++) x = _blocks[k].call(x);
        return _blocks[^1].At(x, positions).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _blocks.Dispose();
        base.Dispose(disposing);
    }
}
