using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>A pre-norm transformer block: x + attention(norm(x)), then x + mlp(norm(x)).</summary>
/// <remarks>Causal, as CLIP's text tower is: the end token sees the whole text, and what follows it (padding) is seen by nothing that is read. Deviation: GELU for QuickGELU.</remarks>
public sealed class TransformerBlock : Module<Tensor, Tensor>
{
    [ComponentName(Name = "attentionNorm")]
    private readonly LayerNorm _attentionNorm;
    [ComponentName(Name = "query")]
    private readonly Linear _query;
    [ComponentName(Name = "keyValue")]
    private readonly Linear _keyValue;
    [ComponentName(Name = "output")]
    private readonly Linear _output;
    [ComponentName(Name = "mlpNorm")]
    private readonly LayerNorm _mlpNorm;
    [ComponentName(Name = "expand")]
    private readonly Linear _expand;
    [ComponentName(Name = "contract")]
    private readonly Linear _contract;
    private readonly int _width;
    private readonly int _heads;

    /// <summary>Makes a block with CLIP's first weights.</summary>
    /// <param name="width">W, the residual stream's width.</param>
    /// <param name="heads">Attention heads; divides the width.</param>
    /// <param name="layers">How many blocks the tower has: what is added to the stream starts smaller in a deep one.</param>
    public TransformerBlock(int width, int heads, int layers)
        : base(nameof(TransformerBlock))
    {
        (_width, _heads) = (width, heads);
        _attentionNorm = LayerNorm(width);
        _query = Linear(width, width);
        _keyValue = Linear(width, 2 * width);
        _output = Linear(width, width);
        _mlpNorm = LayerNorm(width);
        _expand = Linear(width, 4 * width);
        _contract = Linear(4 * width, width);
        var attention = Math.Pow(width, -0.5);
        var residual = attention * Math.Pow(2 * layers, -0.5);
        (Linear Layer, double Std)[] first =
            [(_query, attention), (_keyValue, attention), (_output, residual), (_expand, Math.Pow(2 * width, -0.5)), (_contract, residual)];
        foreach (var (layer, std) in first)
        {
            init.normal_(layer.weight!, 0, std);
            init.zeros_(layer.bias!);
        }

        RegisterComponents();
    }

    /// <summary>All positions: <c>[B, L, W]</c> to <c>[B, L, W]</c>.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var (batch, length) = (input.shape[0], input.shape[1]);
        var h = _attentionNorm.Normalise(input);
        var (keys, values) = KeysAndValues(h, batch, length);
        var attended = Attention.OfHeads(Heads(_query.call(h), batch, length), keys, values, causal: true);
        return Finish(input, attended.transpose(1, 2).reshape(batch, length, _width)).MoveToOuterDisposeScope();
    }

    /// <summary>One position a text: <c>[B, L, W]</c> to <c>[B, W]</c>, equal to <see cref="forward"/>'s rows there at a third of its work.</summary>
    /// <param name="input"><c>[B, L, W]</c>.</param>
    /// <param name="positions">Where to read, <c>[B] int64</c>.</param>
    public Tensor At(Tensor input, Tensor positions)
    {
        using var scope = NewDisposeScope();
        var (batch, length) = (input.shape[0], input.shape[1]);
        var h = _attentionNorm.Normalise(input);
        var (keys, values) = KeysAndValues(h, batch, length);
        var where = positions.view(batch, 1, 1).expand(batch, 1, _width);
        var query = Heads(_query.call(h.gather(1, where)), batch, 1);
        var visible = arange(length, device: input.device).view(1, 1, 1, length) <= positions.view(batch, 1, 1, 1);
        var attended = Attention.OfHeads(query, keys, values, visible);
        return Finish(input.gather(1, where), attended.transpose(1, 2).reshape(batch, 1, _width)).squeeze(1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var child in new Module[] { _attentionNorm, _query, _keyValue, _output, _mlpNorm, _expand, _contract }) child.Dispose();
        }

        base.Dispose(disposing);
    }

    private (Tensor Keys, Tensor Values) KeysAndValues(Tensor h, long batch, long length)
    {
        var both = _keyValue.call(h).chunk(2, -1);
        return (Heads(both[0], batch, length), Heads(both[1], batch, length));
    }

    // [B, L, W] → [B, heads, L, W/heads]
    private Tensor Heads(Tensor t, long batch, long length) => t.reshape(batch, length, _heads, _width / _heads).transpose(1, 2);

    private Tensor Finish(Tensor input, Tensor attended)
    {
        var x = input + _output.call(attended);
        return x + _contract.call(functional.gelu(_expand.call(_mlpNorm.Normalise(x))));
    }
}
