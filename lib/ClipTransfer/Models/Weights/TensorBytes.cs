using static TorchSharp.torch;

namespace ClipTransfer.Models.Weights;

/// <summary>Raw numbers of tensors, of any length (one span holds 2 GiB at most).</summary>
internal static class TensorBytes
{
    private const long MostAtOnce = 1 << 28;

    /// <summary>Most axes that torch's operations take.</summary>
    public const int MostAxes = 64;

    /// <summary>Takes the next bytes of a tensor, in order.</summary>
    public delegate void Piece(Span<byte> bytes, long at);

    /// <summary>Bytes of a tensor of so many numbers; null where a size is negative or the product is too large for torch's own arithmetic.</summary>
    public static long? Length(IReadOnlyList<long> shape, long bytesPerNumber)
    {
        // Strides are products too, with sizes of 0 counted as 1.
        var strides = (Int128)bytesPerNumber;
        var empty = false;
        foreach (var size in shape)
        {
            if (size < 0) return null;
            empty |= size == 0;
            strides *= Math.Max(size, 1);
            if (strides > long.MaxValue) return null;
        }

        return empty ? 0 : (long)strides;
    }

    /// <summary>Visits a contiguous CPU tensor's memory piece by piece; what is written there changes the tensor.</summary>
    public static void Visit(Tensor tensor, Piece visit)
    {
        using var scope = NewDisposeScope();
        var flat = tensor.view(-1);
        var (count, width) = (flat.shape[0], flat.ElementSize);
        for (long start = 0; start < count; start += MostAtOnce)
            visit(flat.narrow(0, start, Math.Min(MostAtOnce, count - start)).bytes, start * width);
    }
}
