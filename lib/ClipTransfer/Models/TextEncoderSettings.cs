using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>The size of a <see cref="TransformerTextEncoder"/>. What depends on the tokenizer is 0 until <see cref="DualEncoderSettings.ForTokens"/> fills it in.</summary>
/// <param name="Width">Width of the residual stream.</param>
/// <param name="Layers">Transformer blocks.</param>
/// <param name="Heads">Attention heads of a block.</param>
/// <param name="VocabularySize">Token ids are 0 … VocabularySize − 1.</param>
/// <param name="ContextLength">L, the longest sequence.</param>
/// <param name="EndId">The token that ends a text: its position is where the text's feature is read.</param>
public sealed record TextEncoderSettings(int Width, int Layers, int Heads, int VocabularySize = 0, int ContextLength = 0, int EndId = 0)
    : TextTowerSettings(VocabularySize, ContextLength, EndId)
{
    /// <inheritdoc/>
    public override int FeatureWidth => Width;

    /// <inheritdoc/>
    internal override Module<Tensor, Tensor> Build() => new TransformerTextEncoder(this);
}
