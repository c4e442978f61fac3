using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>The size of a <see cref="ClipTextEncoder"/>.</summary>
/// <param name="Width">Width of the residual stream.</param>
/// <param name="Layers">Transformer blocks.</param>
/// <param name="Heads">Attention heads of a block; divides the width.</param>
/// <param name="Activation">What stands in the MLPs.</param>
/// <param name="VocabularySize">Token ids are 0 … VocabularySize − 1.</param>
/// <param name="ContextLength">L, the longest sequence.</param>
/// <param name="EndId">The token whose position is read.</param>
public sealed record ClipTextSettings(
    int Width, int Layers, int Heads, Activation Activation = Activation.QuickGelu, int VocabularySize = 49408, int ContextLength = 77, int EndId = 49407)
    : TextTowerSettings(VocabularySize, ContextLength, EndId)
{
    /// <summary>The text tower of CLIP's RN50 and ViT-B.</summary>
    public static ClipTextSettings Base { get; } = new(Width: 512, Layers: 12, Heads: 8);

    /// <inheritdoc/>
    public override int FeatureWidth => Width;

    /// <inheritdoc/>
    internal override Module<Tensor, Tensor> Build() => new ClipTextEncoder(this);
}
