using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>Pairs drawn from a <see cref="SharedFeatureModel"/>, with the hidden features that made them.</summary>
/// <param name="Image">x: [.., d1] float64.</param>
/// <param name="Text">y: [.., d2] float64.</param>
/// <param name="Classes">The k of z = v_k: [..] int64.</param>
/// <param name="ImageOnly">ξ: [.., K2] float64.</param>
/// <param name="TextOnly">ζ: [.., K3] float64.</param>
/// <remarks>The leading shape is [n] for pairs and [n, B] for batches.</remarks>
public sealed record PairSample(Tensor Image, Tensor Text, Tensor Classes, Tensor ImageOnly, Tensor TextOnly) : IDisposable
{
    /// <summary>The class numbers in order.</summary>
    public long[] ClassNumbers => Classes.data<long>().ToArray();

    /// <summary>The same pairs as [n, B, ·] instead of [n·B, ·]: views of the same numbers.</summary>
    /// <param name="batch">B.</param>
    public PairSample AsBatches(int batch)
    {
        // The number of batches is said aloud: a feature of width 0 leaves nothing to infer it from.
        var count = Classes.numel() / batch;
        Tensor Split(Tensor part) => part.view(count, batch, part.shape[^1]);
        return new(Split(Image), Split(Text), Classes.view(count, batch), Split(ImageOnly), Split(TextOnly));
    }

    /// <summary>Keeps the tensors when the current scope ends.</summary>
    public PairSample MoveToOuterDisposeScope()
    {
        foreach (var part in Parts()) part.MoveToOuterDisposeScope();
        return this;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in Parts()) part.Dispose();
    }

    private Tensor[] Parts() => [Image, Text, Classes, ImageOnly, TextOnly];
}
