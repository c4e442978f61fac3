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
        var attended = functional.scaled_dot_product_attention(Heads(queries), Heads(keys), Heads(values), visible!, dropout, causal);
        return attended.transpose(1, 2).reshape(queries.shape);
    }
}
