using static TorchSharp.torch;

namespace ClipTransfer.Losses;

/// <summary>A loss of all rows of a batch.</summary>
public static class WholeBatchLoss
{
    /// <summary>The loss and its named terms, differentiable in all three arguments.</summary>
    /// <param name="loss">The method.</param>
    /// <param name="image">g(x_i), <c>[B, D]</c>, rows of length one where the method is meant for unit embeddings.</param>
    /// <param name="text">h(y_i), <c>[B, D]</c>, of the same type.</param>
    /// <param name="logitScale">1/τ, a scalar tensor.</param>
    /// <exception cref="ArgumentException">The two are not matrices of one shape with at least one row.</exception>
    public static LossTerms Compute(this IContrastiveLoss loss, Tensor image, Tensor text, Tensor logitScale) => loss.Compute(EmbeddingBatch.Of(image, text), logitScale);
}
