using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>CLIP's pool (Radford et al. 2021, section 2.4): the mean over places asks, all places and the mean answer. Its last matrix, <c>c_proj</c>, is the model's image head.</summary>
public sealed class AttentionPool : Module<Tensor, Tensor>
{
    [ComponentName(Name = "positional_embedding")]
    private readonly Parameter _positions;
    [ComponentName(Name = "q_proj")]
    private readonly Linear _query;
    [ComponentName(Name = "k_proj")]
    private readonly Linear _key;
    [ComponentName(Name = "v_proj")]
    private readonly Linear _value;
    private readonly int _heads;

    /// <summary>Makes the pool.</summary>
    /// <param name="places">Places of the map that is pooled.</param>
    /// <param name="width">Channels.</param>
    /// <param name="heads">Attention heads; divides the width.</param>
    public AttentionPool(int places, int width, int heads)
        : base(nameof(AttentionPool))
    {
        _heads = heads;
        var std = Math.Pow(width, -0.5);
        _positions = new Parameter(std * randn(places + 1, width));
        (_query, _key, _value) = (Linear(width, width), Linear(width, width), Linear(width, width));
        foreach (var linear in new[] { _query, _key, _value })
        {
            init.normal_(linear.weight!, 0, std);
            init.zeros_(linear.bias!);
        }

        RegisterComponents();
    }

    /// <summary><c>[B, W, h, w]</c> to <c>[B, W]</c>.</summary>
    /// <exception cref="ArgumentException">The map has another number of places.</exception>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var places = input.flatten(2).transpose(1, 2);
        if (places.shape[1] + 1 != _positions.shape[0])
            throw new ArgumentException($"a map of {input.shape[2]}×{input.shape[3]} places does not fit the attention pool's {_positions.shape[0] - 1}: use pictures of the tower's size");
        var tokens = cat([places.mean([1], keepdim: true), places], 1);
        tokens += _positions.to(tokens.dtype);
        var attended = Attention.Attend(_query.call(tokens.narrow(1, 0, 1)), _key.call(tokens), _value.call(tokens), _heads);
        return attended.squeeze(1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _positions.Dispose();
            foreach (var child in new Module[] { _query, _key, _value }) child.Dispose();
        }

        base.Dispose(disposing);
    }
}
