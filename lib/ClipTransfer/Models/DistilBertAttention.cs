using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>Multi-head attention as DistilBERT names it.</summary>
internal sealed class DistilBertAttention : Module<Tensor, Tensor, Tensor, Tensor>
{
    [ComponentName(Name = "q_lin")]
    private readonly Linear _query;
    [ComponentName(Name = "k_lin")]
    private readonly Linear _key;
    [ComponentName(Name = "v_lin")]
    private readonly Linear _value;
    [ComponentName(Name = "out_lin")]
    private readonly Linear _output;
    private readonly int _heads;
    private readonly double _dropout;

    public DistilBertAttention(DistilBertSettings settings)
        : base(nameof(DistilBertAttention))
    {
        (_heads, _dropout) = (settings.Heads, settings.Dropout);
        _query = DistilBert.FirstLinear(settings.Width, settings.Width);
        _key = DistilBert.FirstLinear(settings.Width, settings.Width);
        _value = DistilBert.FirstLinear(settings.Width, settings.Width);
        _output = DistilBert.FirstLinear(settings.Width, settings.Width);
        RegisterComponents();
    }

    /// <summary>Who asks <c>[B, Lq, W]</c>, who answers <c>[B, L, W]</c>, who is heard <c>[B, 1, 1, L] bool</c>, to <c>[B, Lq, W]</c>.</summary>
    public override Tensor forward(Tensor asking, Tensor answering, Tensor visible)
    {
        using var scope = NewDisposeScope();
        var attended = Attention.Attend(_query.call(asking), _key.call(answering), _value.call(answering), _heads, visible, dropout: training ? _dropout : 0);
        return _output.call(attended).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var child in new Module[] { _query, _key, _value, _output }) child.Dispose();
        }

        base.Dispose(disposing);
    }
}
