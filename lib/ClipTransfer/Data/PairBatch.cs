using TorchSharp;

namespace ClipTransfer.Data;

/// <summary>One batch of pairs, on the CPU. Whoever takes it from the loader disposes it: no dispose scope holds its tensors.</summary>
/// <param name="Pixels"><c>[B, 3, S, S] uint8</c>.</param>
/// <param name="Tokens"><c>[B, L] int64</c>.</param>
/// <param name="Images">The pictures' numbers in their source, <c>[B]</c>.</param>
public sealed record PairBatch(torch.Tensor Pixels, torch.Tensor Tokens, int[] Images) : IDisposable
{
    /// <summary>The batch size B.</summary>
    public int Count => Images.Length;

    /// <summary>How long the taker waited for this batch, in seconds; the run log's data wait.</summary>
    public double WaitSeconds { get; internal set; }

    /// <summary>Some rows as a batch that shares this one's memory.</summary>
    public PairBatch Rows(int from, int count) => new(Pixels.narrow(0, from, count), Tokens.narrow(0, from, count), Images[from..(from + count)]);

    /// <inheritdoc/>
    public void Dispose()
    {
        Pixels.Dispose();
        Tokens.Dispose();
    }
}
