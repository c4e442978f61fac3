using static TorchSharp.torch;

namespace ClipTransfer.Losses;

/// <summary>The paper's proposal "CLIP+Reg" (Section 6): a contrastive loss and an L2 term on the positive pairs only.</summary>
public sealed class ClipRegLoss : IContrastiveLoss
{
    private readonly IContrastiveLoss _contrastive;

    /// <summary>Regularises CLIP's loss, or another contrastive loss.</summary>
    /// <param name="weight">λ; 0.1 is the paper's value as far as known [R, weak].</param>
    /// <param name="contrastive">The loss that R is added to; null means <see cref="ClipLoss"/> with averaged directions.</param>
    public ClipRegLoss(double weight = 0.1, IContrastiveLoss? contrastive = null)
    {
        Weight = weight;
        _contrastive = contrastive ?? new ClipLoss();
    }

    /// <summary>The contrastive part's name with <c>+Reg</c>: <c>CLIP+Reg</c>.</summary>
    public string Name => _contrastive.Name + "+Reg";

    /// <summary>λ.</summary>
    public double Weight { get; }

    /// <summary>L + λ·R with R = (1/B) Σ_i ‖g(x_i) − h(y_i)‖² [S: an L2 term on positive pairs; the formula R].</summary>
    /// <remarks>
    /// What λ means is ambiguous twice. For unit embeddings R = 2·mean(1 − f(x_i, y_i)), so λ here is 2λ for whoever writes
    /// λ·mean(1 − f) [D]. And the paper adds the two directions of L where the default here averages them: λ here acts as
    /// 2λ does there (<see cref="DirectionConvention"/>). The ablation over λ covers both.
    /// </remarks>
    /// <inheritdoc cref="IContrastiveLoss.Compute"/>
    public LossTerms Compute(Tensor image, Tensor text, Tensor logitScale)
    {
        var alignment = L2OnlyLoss.Regulariser(EmbeddingBatch.Of(image, text));
        var contrastive = _contrastive.Compute(image, text, logitScale);
        return new LossTerms(contrastive.Total + Weight * alignment,
            new Dictionary<string, Tensor>(contrastive.Terms) { [L2OnlyLoss.Alignment] = alignment });
    }
}
