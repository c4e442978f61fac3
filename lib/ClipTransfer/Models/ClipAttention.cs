using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>Multi-head attention with one matrix for queries, keys and values, as PyTorch's MultiheadAttention lays it out (there <c>in_proj_weight</c>, here <c>in_proj.weight</c>).</summary>
internal sealed class ClipAttention : Module<Tensor, Tensor>
{
    [ComponentName(Name = "in_proj")]
    private readonly Linear _input;
    [ComponentName(Name = "out_proj")]
    private readonly Linear _output;
    private readonly int _width;
    private readonly int _heads;
    private readonly bool _causal;

    public ClipAttention(int width, int heads, bool causal, double inputStd, double outputStd)
        : base(nameof(ClipAttention))
    {
        (_width, _heads, _causal) = (width, heads, causal);
        _input = Linear(width, 3 * width);
        _output = Linear(width, width);
        init.normal_(_input.weight!, 0, inputStd);
        init.normal_(_output.weight!, 0, outputStd);
        init.zeros_(_input.bias!);
        init.zeros_(_output.bias!);
        RegisterComponents();
    }

    /// <summary><c>[B, L, W]</c> to <c>[B, L, W]</c>.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var parts = _input.call(input).chunk(3, -1);
        return _output.call(Attention.Attend(parts[0], parts[1], parts[2], _heads, causal: _causal)).MoveToOuterDisposeScope();
    }

    /// <summary>What one position of each text hears: <c>[B, L, W]</c> and <c>[B]</c> to <c>[B, 1, W]</c>.</summary>
    public Tensor At(Tensor input, Tensor positions)
    {
        using var scope = NewDisposeScope();
        var (weight, bias) = (_input.weight!, _input.bias!);
        var asking = input.gather(1, positions.view(-1, 1, 1).expand(-1, 1, _width));
        var query = functional.linear(asking, weight.narrow(0, 0, _width), bias.narrow(0, 0, _width));
        var answers = functional.linear(input, weight.narrow(0, _width, 2 * _width), bias.narrow(0, _width, 2 * _width)).chunk(2, -1);
        var visible = _causal ? arange(input.shape[1], device: input.device).view(1, 1, 1, -1) <= positions.view(-1, 1, 1, 1) : null;
        return _output.call(Attention.Attend(query, answers[0], answers[1], _heads, visible)).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _input.Dispose();
            _output.Dispose();
        }

        base.Dispose(disposing);
    }
}
