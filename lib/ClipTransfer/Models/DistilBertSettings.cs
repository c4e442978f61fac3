using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>The size of a <see cref="DistilBert"/>.</summary>
/// <param name="Width">Width of the residual stream.</param>
/// <param name="Layers">Transformer blocks.</param>
/// <param name="Heads">Attention heads of a block; divides the width.</param>
/// <param name="InnerWidth">Width inside a block's MLP.</param>
/// <param name="Positions">Positions that have an embedding.</param>
/// <param name="Dropout">The chance that a coordinate, and that an attention weight, is dropped in training.</param>
/// <param name="VocabularySize">Token ids are 0 … VocabularySize − 1.</param>
/// <param name="ContextLength">L, the longest sequence, at most <paramref name="Positions"/>.</param>
/// <param name="EndId">The token that ends a text, BERT's <c>[SEP]</c>; what follows it is padding and seen by nothing.</param>
public sealed record DistilBertSettings(
    int Width, int Layers, int Heads, int InnerWidth, int Positions = 512, double Dropout = 0.1, int VocabularySize = 30522, int ContextLength = 512, int EndId = 102)
    : TextTowerSettings(VocabularySize, ContextLength, EndId)
{
    /// <summary>DistilBERT base: 66,362,880 parameters.</summary>
    public static DistilBertSettings Base { get; } = new(Width: 768, Layers: 6, Heads: 12, InnerWidth: 3072);

    /// <inheritdoc/>
    public override int FeatureWidth => Width;

    /// <inheritdoc/>
    internal override Module<Tensor, Tensor> Build() => new DistilBert(this);
}
