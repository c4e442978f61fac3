using ClipTransfer.Models;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Models;

/// <summary>What stays in float32 between layers of bfloat16.</summary>
public sealed class ReducedPrecisionTests
{
    // Half a unit in the last place of bfloat16's eight bits.
    private const double Rounding = 1.0 / 256;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Attention_in_bfloat16_is_rounded_at_its_end_alone(bool causal)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var (q, k, v) = (Narrow(generator, 2, 3, 9, 8), Narrow(generator, 2, 3, 9, 8), Narrow(generator, 2, 3, 9, 8));
        var weight = randn([2, 3, 9, 8], ScalarType.Float64, generator: generator);
        using var attended = Attention.OfHeads(q, k, v, causal: causal);
        Assert.Equal(ScalarType.BFloat16, attended.dtype);
        (attended.to(ScalarType.Float64) * weight).sum().backward();

        var (wideQ, wideK, wideV) = (Wide(q), Wide(k), Wide(v));
        var scores = wideQ.matmul(wideK.transpose(-2, -1)) / Math.Sqrt(8);
        if (causal) scores = scores.masked_fill(ones(9, 9, ScalarType.Bool).triu(1), double.NegativeInfinity);
        var expected = scores.softmax(-1).matmul(wideV);
        // The gradient that reaches attention is rounded to bfloat16 too.
        (expected * weight.to(ScalarType.BFloat16).to(ScalarType.Float64)).sum().backward();

        Close(expected, attended);
        Close(wideQ.grad!, q.grad!);
        Close(wideK.grad!, k.grad!);
        Close(wideV.grad!, v.grad!);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    public void Group_normalisation_in_bfloat16_computes_in_float32_however_small_the_groups(int channelsPerGroup)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        var norm = ChannelNorm.Of(32, channelsPerGroup);
        var input = Narrow(generator, 3, 32, 5, 5);
        var weight = randn([3, 32, 5, 5], ScalarType.Float64, generator: generator);
        using var normalised = norm.Normalise(input);
        Assert.Equal(ScalarType.BFloat16, normalised.dtype);
        (normalised.to(ScalarType.Float64) * weight).sum().backward();

        var wide = Wide(input);
        var groups = wide.reshape(3, 32 / channelsPerGroup, -1);
        var centred = groups - groups.mean([2], keepdim: true);
        var expected = (centred / (centred.square().mean([2], keepdim: true) + 1e-5).sqrt()).reshape(3, 32, 5, 5);
        (expected * weight.to(ScalarType.BFloat16).to(ScalarType.Float64)).sum().backward();

        Close(expected, normalised);
        Close(wide.grad!, input.grad!);
    }

    private static Tensor Narrow(Generator generator, params long[] shape) => randn(shape, generator: generator).to(ScalarType.BFloat16).requires_grad_();

    private static Tensor Wide(Tensor narrow) => narrow.detach().to(ScalarType.Float64).requires_grad_();

    // Each number within one rounding of its own size, and of the tensor's for what cancels.
    private static void Close(Tensor expected, Tensor actual)
    {
        var error = (expected - actual.to(ScalarType.Float64)).abs();
        var allowed = Rounding * (expected.abs() + 0.02 * expected.abs().max());
        Assert.True((error <= allowed).all().item<bool>(), $"off by up to {(error / allowed).max().item<double>():0.00} roundings");
    }
}
