using static TorchSharp.torch;

namespace ClipTransfer.Losses;

/// <summary>A loss on a batch of B image-text pairs, given as embeddings: row i of both belongs to pair i.</summary>
public interface IContrastiveLoss
{
    /// <summary>The method's name in results, for example <c>CLIP+Reg</c>.</summary>
    string Name { get; }

    /// <summary>The loss and its named terms, each a mean over the share's rows, differentiable in all embeddings and the logit scale.</summary>
    /// <param name="batch">g(x_i) and h(y_i), rows of length one where the method is meant for unit embeddings, and the share of rows.</param>
    /// <param name="logitScale">1/τ, a scalar tensor.</param>
    LossTerms Compute(EmbeddingBatch batch, Tensor logitScale);
}
