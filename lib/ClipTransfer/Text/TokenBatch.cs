using TorchSharp;

namespace ClipTransfer.Text;

/// <summary>Texts as one tensor.</summary>
public static class TokenBatch
{
    /// <summary>The ids of several texts, <c>[B, L] int64</c> on the CPU.</summary>
    public static torch.Tensor EncodeBatch(this ITokenizer tokenizer, IReadOnlyList<string> texts)
    {
        var length = tokenizer.ContextLength;
        var ids = new long[texts.Count * length];
        for (var b = 0; b < texts.Count; b++)
        {
            var encoded = tokenizer.Encode(texts[b]);
            for (var l = 0; l < length; l++) ids[(b * length) + l] = encoded[l];
        }

        return torch.tensor(ids, [texts.Count, length], dtype: torch.int64);
    }
}
