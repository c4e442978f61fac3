using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace ClipTransfer.Losses;

/// <summary>SigLIP's pairwise loss (Zhai and others 2023): each of the B² pairs is classified by itself, as belonging together or not.</summary>
/// <param name="bias">b; the model owns it, so that it is trained and saved with the rest.</param>
public sealed class SigLipLoss(LogitBias bias) : IContrastiveLoss
{
    /// <summary>Name of the term over the B positive pairs.</summary>
    public const string Positives = "positives";

    /// <summary>Name of the term over the B² − B negative pairs.</summary>
    public const string Negatives = "negatives";

    /// <inheritdoc/>
    public string Name => "SigLIP";

    /// <summary>
    /// −(1/B) Σ_i Σ_j log σ(z_ij (f(x_i, y_j)/τ + b)) with z_ij = 1 for i = j and −1 else: no softmax, so that a negative counts the same whatever else is in the batch.
    /// Its logit scale starts at 10 (τ = 0.1) and b at −10; at f = 0 and b = 0 the loss is B ln 2.
    /// </summary>
    /// <inheritdoc cref="IContrastiveLoss.Compute"/>
    public LossTerms Compute(EmbeddingBatch batch, Tensor logitScale)
    {
        var logits = logitScale * batch.Scores() + bias.Value();
        var own = logits.diagonal(batch.From);
        var positives = -F.logsigmoid(own).mean();
        // log σ(−l) over all pairs, less the diagonal, where it does not belong.
        var negatives = -(F.logsigmoid(-logits).sum() - F.logsigmoid(-own).sum()) / batch.Rows;
        return new LossTerms(positives + negatives, new Dictionary<string, Tensor> { [Positives] = positives, [Negatives] = negatives });
    }
}
