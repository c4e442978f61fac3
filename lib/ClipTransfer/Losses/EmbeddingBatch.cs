using static TorchSharp.torch;

namespace ClipTransfer.Losses;

/// <summary>What every loss here starts from: the checked embeddings of a batch in a precision that a loss can be trusted in.</summary>
/// <param name="Image">g(x_i), <c>[B, D]</c>, float32 or float64.</param>
/// <param name="Text">h(y_i), <c>[B, D]</c>, float32 or float64.</param>
internal readonly record struct EmbeddingBatch(Tensor Image, Tensor Text)
{
    /// <summary>B.</summary>
    public long Size => Image.shape[0];

    /// <summary>Checks the shapes; half precision becomes float32, since the spacing of bfloat16 numbers near 100 is 0.5 and logits reach 100.</summary>
    public static EmbeddingBatch Of(Tensor image, Tensor text)
    {
        if (image.dim() != 2 || !image.shape.AsSpan().SequenceEqual(text.shape) || image.shape[0] < 1)
            throw new ArgumentException($"image and text must be [B, D] with B ≥ 1, but are [{string.Join(", ", image.shape)}] and [{string.Join(", ", text.shape)}]");
        return new EmbeddingBatch(Widen(image), Widen(text));
    }

    /// <summary>f(x_i, y_j) = ⟨g(x_i), h(y_j)⟩, <c>[B, B]</c>: images in rows, texts in columns.</summary>
    public Tensor Scores() => Image.matmul(Text.t());

    private static Tensor Widen(Tensor t) => t.dtype is ScalarType.Float64 or ScalarType.Float32 ? t : t.to(ScalarType.Float32);
}
