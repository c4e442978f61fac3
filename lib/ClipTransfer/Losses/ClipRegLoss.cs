using static TorchSharp.torch;

namespace ClipTransfer.Losses;

/// <summary>The paper's proposal "CLIP+Reg" (Section 6): a contrastive loss and an L2 term on the positive pairs only; and what it could have been instead.</summary>
public sealed class ClipRegLoss : IContrastiveLoss
{
    /// <summary>Name of the term N = mean over i ≠ j of ‖g(x_i) − h(y_j)‖².</summary>
    public const string Separation = "separation";

    private readonly IContrastiveLoss _contrastive;

    /// <summary>Regularises CLIP's loss, or another contrastive loss.</summary>
    /// <param name="weight">λ; 0.1 is the paper's value as far as known [R, weak].</param>
    /// <param name="contrastive">The loss that R is added to; null means <see cref="ClipLoss"/> with averaged directions.</param>
    /// <param name="pairs">On which pairs it acts; the paper's are the positive ones.</param>
    public ClipRegLoss(double weight = 0.1, IContrastiveLoss? contrastive = null, RegularisedPairs pairs = RegularisedPairs.Positives)
    {
        Weight = weight;
        Pairs = pairs;
        _contrastive = contrastive ?? new ClipLoss();
    }

    /// <summary>The contrastive part's name with <c>+Reg</c>, <c>+RegNegatives</c> or <c>+RegBoth</c>: <c>CLIP+Reg</c>.</summary>
    public string Name => _contrastive.Name + "+Reg" + (Pairs == RegularisedPairs.Positives ? "" : Pairs.ToString());

    /// <summary>λ.</summary>
    public double Weight { get; }

    /// <summary>On which pairs it acts.</summary>
    public RegularisedPairs Pairs { get; }

    /// <summary>
    /// L + λ·R with R = (1/B) Σ_i ‖g(x_i) − h(y_i)‖² [S: an L2 term on positive pairs; the formula R]. On negatives, which a reviewer asked for [S],
    /// L − λ·N with N = (1/(B² − B)) Σ_{i≠j} ‖g(x_i) − h(y_j)‖² (our form); on both, L + λ·(R − N).
    /// </summary>
    /// <remarks>
    /// What λ means is ambiguous twice. For unit embeddings R = 2·mean(1 − f(x_i, y_i)), so λ here is 2λ for whoever writes
    /// λ·mean(1 − f) [D]. And the paper adds the two directions of L where the default here averages them: λ here acts as
    /// 2λ does there (<see cref="DirectionConvention"/>). The ablation over λ covers both.
    /// −N is bounded for unit embeddings alone, where −N = 2·mean_{i≠j} f(x_i, y_j) − 2.
    /// </remarks>
    /// <inheritdoc cref="IContrastiveLoss.Compute"/>
    public LossTerms Compute(EmbeddingBatch batch, Tensor logitScale)
    {
        var contrastive = _contrastive.Compute(batch, logitScale);
        var terms = new Dictionary<string, Tensor>(contrastive.Terms);
        var total = contrastive.Total;
        if (Pairs != RegularisedPairs.Negatives)
        {
            terms[L2OnlyLoss.Alignment] = L2OnlyLoss.Regulariser(batch);
            total += Weight * terms[L2OnlyLoss.Alignment];
        }

        if (Pairs != RegularisedPairs.Positives)
        {
            terms[Separation] = SeparationOf(batch);
            total -= Weight * terms[Separation];
        }

        return new LossTerms(total, terms);
    }

    // Over the share's b images and all B texts Σ ‖g_i − h_j‖² = B Σ‖g_i‖² + b Σ‖h_j‖² − 2⟨Σ g_i, Σ h_j⟩, less the positive pairs: no b × B matrix.
    // A batch of one pair has no negatives, and N = 0.
    private static Tensor SeparationOf(EmbeddingBatch batch)
    {
        var (size, image) = (batch.Size, batch.OwnImage);
        var all = size * image.square().sum() + batch.Rows * batch.Text.square().sum() - 2 * (image.sum([0]) * batch.Text.sum([0])).sum();
        return (all - batch.Rows * L2OnlyLoss.Regulariser(batch)) / Math.Max(1.0, batch.Rows * (size - 1));
    }
}
