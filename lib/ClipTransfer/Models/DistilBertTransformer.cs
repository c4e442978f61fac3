using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>A stack of <see cref="DistilBertBlock"/>s that is read at its first position.</summary>
internal sealed class DistilBertTransformer : Module<Tensor, Tensor, Tensor>
{
    [ComponentName(Name = "layer")]
    private readonly ModuleList<DistilBertBlock> _blocks = [];

    public DistilBertTransformer(DistilBertSettings settings)
        : base(nameof(DistilBertTransformer))
    {
        for (var k = 0; k < settings.Layers; k++) _blocks.Add(new DistilBertBlock(settings));
        RegisterComponents();
    }

    /// <summary><c>[B, L, W]</c> and who is heard to <c>[B, W]</c>.</summary>
    public override Tensor forward(Tensor input, Tensor visible)
    {
        using var scope = NewDisposeScope();
        var x = input;
        for (var k = 0; k < _blocks.Count - 1; k++) x = _blocks[k].call(x, visible);
        return _blocks[^1].First(x, visible).squeeze(1).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _blocks.Dispose();
        base.Dispose(disposing);
    }
}
