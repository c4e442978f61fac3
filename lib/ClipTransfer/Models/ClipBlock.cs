using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>CLIP's pre-norm block, x + attention(ln_1(x)), then x + mlp(ln_2(x)), named as OpenAI and open_clip name it.</summary>
public sealed class ClipBlock : Module<Tensor, Tensor>
{
    [ComponentName(Name = "ln_1")]
    private readonly LayerNorm _attentionNorm;
    [ComponentName(Name = "attn")]
    private readonly ClipAttention _attention;
    [ComponentName(Name = "ln_2")]
    private readonly LayerNorm _mlpNorm;
    [ComponentName(Name = "mlp")]
    private readonly ClipMlp _mlp;
    private readonly int _width;

    /// <summary>Makes a block with CLIP's first weights.</summary>
    /// <param name="width">W, the residual stream's width.</param>
    /// <param name="heads">Attention heads; divides the width.</param>
    /// <param name="layers">How many blocks the tower has: what is added to the stream starts smaller in a deep one.</param>
    /// <param name="activation">What stands in the MLP.</param>
    /// <param name="causal">Whether a position hears only itself and those before, as in the text tower.</param>
    public ClipBlock(int width, int heads, int layers, Activation activation, bool causal)
        : base(nameof(ClipBlock))
    {
        _width = width;
        var std = Math.Pow(width, -0.5);
        var residual = std * Math.Pow(2 * layers, -0.5);
        _attentionNorm = LayerNorm(width);
        _attention = new ClipAttention(width, heads, causal, std, residual);
        _mlpNorm = LayerNorm(width);
        _mlp = new ClipMlp(width, activation, residual);
        RegisterComponents();
    }

    /// <summary>All positions: <c>[B, L, W]</c> to <c>[B, L, W]</c>.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Finish(input, _attention.call(_attentionNorm.Normalise(input))).MoveToOuterDisposeScope();
    }

    /// <summary>One position of each row: <c>[B, L, W]</c> and <c>[B] int64</c> to <c>[B, W]</c>, equal to <see cref="forward"/>'s rows there at a third of its work.</summary>
    public Tensor At(Tensor input, Tensor positions)
    {
        using var scope = NewDisposeScope();
        var attended = _attention.At(_attentionNorm.Normalise(input), positions);
        return Finish(input.gather(1, positions.view(-1, 1, 1).expand(-1, 1, _width)), attended).squeeze(1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var child in new Module[] { _attentionNorm, _attention, _mlpNorm, _mlp }) child.Dispose();
        }

        base.Dispose(disposing);
    }

    private Tensor Finish(Tensor input, Tensor attended)
    {
        var x = input + attended;
        return x + _mlp.call(_mlpNorm.Normalise(x));
    }
}
