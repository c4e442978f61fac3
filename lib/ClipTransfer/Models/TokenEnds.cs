using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Models;

/// <summary>Where texts end.</summary>
internal static class TokenEnds
{
    /// <summary>The first end token of each row, and the tokens up to the last of these, both on the weights' device.</summary>
    /// <remarks>Ids on the CPU are checked and cut; ids on a GPU are left as they are, since to look at them would wait for it.</remarks>
    /// <param name="tokens"><c>[B, L] int64</c>.</param>
    /// <param name="endId">The end token.</param>
    /// <param name="context">The longest sequence that has positions.</param>
    /// <param name="device">Where the weights are.</param>
    /// <returns>Tokens <c>[B, L']</c> and ends <c>[B]</c>.</returns>
    /// <exception cref="ArgumentException">A row (on the CPU) has no end token, or the sequence is longer than the context.</exception>
    public static (Tensor Tokens, Tensor Ends) Trim(Tensor tokens, int endId, long context, Device device)
    {
        if (tokens.shape[1] > context) throw new ArgumentException($"texts of {tokens.shape[1]} tokens do not fit a context of {context}");
        var isEnd = tokens.eq(endId);
        var ends = isEnd.to(ScalarType.Int64).argmax(1);
        if (tokens.device_type != DeviceType.CPU) return (tokens, ends);
        if (!isEnd.any(1).all().item<bool>()) throw new ArgumentException($"a text has no end token ({endId})");
        return (tokens.narrow(1, 0, ends.max().item<long>() + 1).to(device), ends.to(device));
    }
}
