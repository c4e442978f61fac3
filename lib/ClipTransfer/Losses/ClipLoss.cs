using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace ClipTransfer.Losses;

/// <summary>The contrastive loss of CLIP: each image must find its text among the batch's texts, and each text its image.</summary>
/// <param name="directions">Whether the two directions are averaged (default) or added.</param>
public sealed class ClipLoss(DirectionConvention directions = DirectionConvention.Mean) : IContrastiveLoss
{
    /// <summary>Name of the term in which each image looks for its text.</summary>
    public const string ImageToText = "imageToText";

    /// <summary>Name of the term in which each text looks for its image.</summary>
    public const string TextToImage = "textToImage";

    /// <inheritdoc/>
    public string Name => "CLIP";

    /// <summary>How the two directions are joined.</summary>
    public DirectionConvention Directions => directions;

    /// <summary>
    /// The batch loss of Section 3 [R]:
    /// L(f,τ) = (1/B) Σ_i log Σ_j exp([f(x_j,y_i) − f(x_i,y_i)]/τ) + (1/B) Σ_i log Σ_j exp([f(x_i,y_j) − f(x_i,y_i)]/τ).
    /// </summary>
    /// <remarks>Deviation: with <see cref="DirectionConvention.Mean"/>, the default, half of it, as CLIP's public code has it.</remarks>
    /// <inheritdoc cref="IContrastiveLoss.Compute"/>
    public LossTerms Compute(EmbeddingBatch batch, Tensor logitScale)
    {
        var scores = batch.Scores();
        return Compute(batch, scores, batch.ScoresOfTexts(scores), logitScale);
    }

    /// <summary>The same from the scores, for losses that need the scores as well.</summary>
    /// <param name="batch">Where the share lies in the batch.</param>
    /// <param name="scores">f(x_i, y_j) of the share's images, <c>[b, B]</c>.</param>
    /// <param name="scoresOfTexts">f(x_j, y_i) of the share's texts, <c>[b, B]</c>.</param>
    /// <param name="logitScale">1/τ.</param>
    internal LossTerms Compute(EmbeddingBatch batch, Tensor scores, Tensor scoresOfTexts, Tensor logitScale)
    {
        // log Σ_j exp(l_ij − l_ii) is the cross-entropy of row i with label i.
        var logits = logitScale * scores;
        using var labels = arange(batch.From, batch.From + batch.Rows, ScalarType.Int64, scores.device);
        var imageToText = F.cross_entropy(logits, labels);
        var textToImage = F.cross_entropy(batch.IsWhole ? logits.t() : logitScale * scoresOfTexts, labels);
        var sum = imageToText + textToImage;
        return new LossTerms(directions == DirectionConvention.Mean ? sum / 2 : sum,
            new Dictionary<string, Tensor> { [ImageToText] = imageToText, [TextToImage] = textToImage });
    }
}
