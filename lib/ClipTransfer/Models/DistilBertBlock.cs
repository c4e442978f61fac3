using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>BERT's post-norm block: norm(x + attention(x)), then norm(x + mlp(x)), named as Hugging Face names DistilBERT's.</summary>
public sealed class DistilBertBlock : Module<Tensor, Tensor, Tensor>
{
    [ComponentName(Name = "attention")]
    private readonly DistilBertAttention _attention;
    [ComponentName(Name = "sa_layer_norm")]
    private readonly LayerNorm _attentionNorm;
    [ComponentName(Name = "ffn")]
    private readonly DistilBertMlp _mlp;
    [ComponentName(Name = "output_layer_norm")]
    private readonly LayerNorm _outputNorm;

    /// <summary>Makes a block with BERT's first weights.</summary>
    public DistilBertBlock(DistilBertSettings settings)
        : base(nameof(DistilBertBlock))
    {
        _attention = new DistilBertAttention(settings);
        _attentionNorm = LayerNorm(settings.Width, DistilBert.Epsilon);
        _mlp = new DistilBertMlp(settings);
        _outputNorm = LayerNorm(settings.Width, DistilBert.Epsilon);
        RegisterComponents();
    }

    /// <summary>All positions: <c>[B, L, W]</c>, and who is heard, <c>[B, 1, 1, L] bool</c>, to <c>[B, L, W]</c>.</summary>
    public override Tensor forward(Tensor input, Tensor visible) => Run(input, input, visible);

    /// <summary>The first position alone, <c>[B, 1, W]</c>: equal to <see cref="forward"/>'s at a fifth of its work.</summary>
    public Tensor First(Tensor input, Tensor visible)
    {
        using var first = input.narrow(1, 0, 1);
        return Run(first, input, visible);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var child in new Module[] { _attention, _attentionNorm, _mlp, _outputNorm }) child.Dispose();
        }

        base.Dispose(disposing);
    }

    private Tensor Run(Tensor asking, Tensor input, Tensor visible)
    {
        using var scope = NewDisposeScope();
        var x = _attentionNorm.Normalise(asking + _attention.call(asking, input, visible));
        return _outputNorm.Normalise(x + _mlp.call(x)).MoveToOuterDisposeScope();
    }
}
