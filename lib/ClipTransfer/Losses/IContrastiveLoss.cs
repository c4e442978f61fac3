using static TorchSharp.torch;

namespace ClipTransfer.Losses;

/// <summary>A loss on a batch of B image-text pairs, given as embeddings: row i of both belongs to pair i.</summary>
public interface IContrastiveLoss
{
    /// <summary>The method's name in results, for example <c>CLIP+Reg</c>.</summary>
    string Name { get; }

    /// <summary>The loss and its named terms, differentiable in all three arguments.</summary>
    /// <param name="image">g(x_i), <c>[B, D]</c>, rows of length one where the method is meant for unit embeddings.</param>
    /// <param name="text">h(y_i), <c>[B, D]</c>, of the same type.</param>
    /// <param name="logitScale">1/τ, a scalar tensor.</param>
    /// <exception cref="ArgumentException">The two are not matrices of one shape with at least one row.</exception>
    LossTerms Compute(Tensor image, Tensor text, Tensor logitScale);
}
