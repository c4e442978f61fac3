using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>softmax(Q·Kᵀ/√(W/heads))·V over heads.</summary>
internal static class Attention
{
    /// <summary>Queries <c>[B, Lq, W]</c>, keys and values <c>[B, L, W]</c> to <c>[B, Lq, W]</c>.</summary>
    /// <param name="queries">Who asks.</param>
    /// <param name="keys">Who is asked.</param>
    /// <param name="values">What they answer.</param>
    /// <param name="heads">Divides W.</param>
    /// <param name="visible">Who is heard, bool, <c>[B, 1, Lq, L]</c> or broadcast to it; null for all.</param>
    /// <param name="causal">Whether each hears only itself and those before.</param>
    /// <param name="dropout">The chance that an answer is not heard.</param>
    public static Tensor Attend(Tensor queries, Tensor keys, Tensor values, int heads, Tensor? visible = null, bool causal = false, double dropout = 0)
    {
        Tensor Heads(Tensor t) => t.reshape(t.shape[0], t.shape[1], heads, t.shape[2] / heads).transpose(1, 2);
        return OfHeads(Heads(queries), Heads(keys), Heads(values), visible, causal, dropout).transpose(1, 2).reshape(queries.shape);
    }

    /// <summary>Queries <c>[B, heads, Lq, W/heads]</c>, keys and values <c>[B, heads, L, W/heads]</c> to <c>[B, heads, Lq, W/heads]</c>, in their type.</summary>
    /// <remarks>
    /// On the CPU always in float32, softmax and products: libtorch's backward pass of bfloat16 attention takes 2 to 8 times as long there as that of float32, the two casts included
    /// (24 to 197 positions, <c>lib/ClipTransfer.Benchmarks/README.md</c>).
    /// </remarks>
    public static Tensor OfHeads(Tensor queries, Tensor keys, Tensor values, Tensor? visible = null, bool causal = false, double dropout = 0)
    {
        if (queries.dtype != ScalarType.BFloat16 || queries.device_type != DeviceType.CPU) return functional.scaled_dot_product_attention(queries, keys, values, visible!, dropout, causal);
        Tensor Wide(Tensor t) => t.to(ScalarType.Float32);
        return functional.scaled_dot_product_attention(Wide(queries), Wide(keys), Wide(values), visible!, dropout, causal).to(queries.dtype);
    }
}
