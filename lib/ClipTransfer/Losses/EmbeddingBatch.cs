using static TorchSharp.torch;

namespace ClipTransfer.Losses;

/// <summary>The checked embeddings of a batch, and the rows of it that a loss is averaged over: all, or the share of one of several processes.</summary>
/// <remarks>
/// A row of a contrastive loss needs one embedding and all of the other tower's. So of n processes each takes B/n rows, in memory B²/n, and the mean of the n values
/// is the loss of the whole batch.
/// </remarks>
/// <param name="Image">g(x_i), <c>[B, D]</c>, float32 or float64.</param>
/// <param name="Text">h(y_i), <c>[B, D]</c>, float32 or float64.</param>
/// <param name="From">The first row of the share.</param>
/// <param name="Rows">b, the rows of the share.</param>
public readonly record struct EmbeddingBatch(Tensor Image, Tensor Text, long From, long Rows)
{
    /// <summary>B.</summary>
    public long Size => Image.shape[0];

    /// <summary>Whether the share is all of the batch.</summary>
    public bool IsWhole => Rows == Size;

    /// <summary>The share's image rows, <c>[b, D]</c>.</summary>
    public Tensor OwnImage => IsWhole ? Image : Image.narrow(0, From, Rows);

    /// <summary>The share's text rows, <c>[b, D]</c>.</summary>
    public Tensor OwnText => IsWhole ? Text : Text.narrow(0, From, Rows);

    /// <summary>All rows as one share.</summary>
    /// <inheritdoc cref="Of(Tensor, Tensor, long, long)"/>
    public static EmbeddingBatch Of(Tensor image, Tensor text) => Of(image, text, 0, image.shape[0]);

    /// <summary>Checks the shapes; half precision becomes float32, since the spacing of bfloat16 numbers near 100 is 0.5 and logits reach 100.</summary>
    /// <exception cref="ArgumentException">The two are not matrices of one shape with at least one row, or the share is not within them.</exception>
    public static EmbeddingBatch Of(Tensor image, Tensor text, long from, long rows)
    {
        if (image.dim() != 2 || !image.shape.AsSpan().SequenceEqual(text.shape) || image.shape[0] < 1)
            throw new ArgumentException($"image and text must be [B, D] with B ≥ 1, but are [{string.Join(", ", image.shape)}] and [{string.Join(", ", text.shape)}]");
        if (from < 0 || rows < 1 || from + rows > image.shape[0]) throw new ArgumentException($"rows {from} to {from + rows - 1} are not within a batch of {image.shape[0]}");
        return new EmbeddingBatch(Widen(image), Widen(text), from, rows);
    }

    /// <summary>f(x_i, y_j) = ⟨g(x_i), h(y_j)⟩ of the share's images and all texts, <c>[b, B]</c>.</summary>
    public Tensor Scores() => OwnImage.matmul(Text.t());

    /// <summary>f(x_j, y_i) of the share's texts and all images, <c>[b, B]</c>: for a whole batch the transpose of <paramref name="scores"/>.</summary>
    /// <param name="scores">What <see cref="Scores"/> gave.</param>
    public Tensor ScoresOfTexts(Tensor scores) => IsWhole ? scores.t() : OwnText.matmul(Image.t());

    private static Tensor Widen(Tensor t) => t.dtype is ScalarType.Float64 or ScalarType.Float32 ? t : t.to(ScalarType.Float32);
}
