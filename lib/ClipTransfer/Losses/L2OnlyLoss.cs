using static TorchSharp.torch;

namespace ClipTransfer.Losses;

/// <summary>The regulariser alone, the paper's "L2 only" baseline: positive pairs are drawn together and nothing is pushed apart.</summary>
public sealed class L2OnlyLoss : IContrastiveLoss
{
    /// <summary>Name of the term R = mean ‖g(x_i) − h(y_i)‖².</summary>
    public const string Alignment = "alignment";

    /// <inheritdoc/>
    public string Name => "L2";

    /// <summary>R = (1/B) Σ_i ‖g(x_i) − h(y_i)‖² [R]; the logit scale plays no part (its gradient is zero).</summary>
    /// <remarks>For unit embeddings R = 2 − 2·mean f(x_i, y_i) [D]. Its minimum, 0, is reached by a constant map: a collapse.</remarks>
    /// <inheritdoc cref="IContrastiveLoss.Compute"/>
    public LossTerms Compute(EmbeddingBatch batch, Tensor logitScale)
    {
        var alignment = Regulariser(batch);
        return new LossTerms(alignment.alias(), new Dictionary<string, Tensor> { [Alignment] = alignment });
    }

    /// <summary>R of a batch's share.</summary>
    internal static Tensor Regulariser(EmbeddingBatch batch) => (batch.OwnImage - batch.OwnText).square().sum(-1).mean();
}
