using static TorchSharp.torch;

namespace ClipTransfer.Losses;

/// <summary>CyCLIP: CLIP's loss and two consistency terms on the geometry of the batch.</summary>
/// <param name="inModalWeight">λ1, of the in-modal term.</param>
/// <param name="crossModalWeight">λ2, of the cross-modal term.</param>
/// <param name="directions">Whether the two directions of the contrastive part are averaged (default, as CyCLIP's code does) or added.</param>
public sealed class CyClipLoss(double inModalWeight = 0.25, double crossModalWeight = 0.25, DirectionConvention directions = DirectionConvention.Mean)
    : IContrastiveLoss
{
    /// <summary>Name of the term B·mean((II − TT)²).</summary>
    public const string InModal = "inModal";

    /// <summary>Name of the term B·mean((IT − ITᵀ)²).</summary>
    public const string CrossModal = "crossModal";

    private readonly ClipLoss _clip = new(directions);

    /// <inheritdoc/>
    public string Name => "CyCLIP";

    /// <summary>λ1.</summary>
    public double InModalWeight => inModalWeight;

    /// <summary>λ2.</summary>
    public double CrossModalWeight => crossModalWeight;

    /// <summary>
    /// As the public CyCLIP code has it [S]: CLIP + λ1·B·mean((II − TT)²) + λ2·B·mean((IT − ITᵀ)²), where II, TT and IT are the
    /// <c>[B, B]</c> matrices of cosines among images, among texts and across; means over all B² entries, no temperature.
    /// </summary>
    /// <inheritdoc cref="IContrastiveLoss.Compute"/>
    public LossTerms Compute(EmbeddingBatch batch, Tensor logitScale)
    {
        var scores = batch.Scores();
        var scoresOfTexts = batch.ScoresOfTexts(scores);
        var clip = _clip.Compute(batch, scores, scoresOfTexts, logitScale);
        var images = batch.OwnImage.matmul(batch.Image.t());
        var texts = batch.OwnText.matmul(batch.Text.t());
        var inModal = batch.Size * (images - texts).square().mean();
        var crossModal = batch.Size * (scores - scoresOfTexts).square().mean();
        return new LossTerms(clip.Total + inModalWeight * inModal + crossModalWeight * crossModal,
            new Dictionary<string, Tensor>(clip.Terms) { [InModal] = inModal, [CrossModal] = crossModal });
    }
}
