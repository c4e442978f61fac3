using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>The size of a <see cref="ClipVisionTransformer"/>.</summary>
/// <param name="Patch">Side of a patch in pixels.</param>
/// <param name="Width">Width of the residual stream.</param>
/// <param name="Layers">Transformer blocks.</param>
/// <param name="Heads">Attention heads of a block; divides the width.</param>
/// <param name="Pixels">The picture's side, a multiple of the patch's: there is one position a patch.</param>
/// <param name="Activation">What stands in the MLPs.</param>
public sealed record VisionTransformerSettings(
    int Patch, int Width, int Layers, int Heads, int Pixels = 224, Activation Activation = Activation.QuickGelu) : ImageTowerSettings
{
    /// <summary>CLIP's ViT-B/32.</summary>
    public static VisionTransformerSettings B32 { get; } = new(Patch: 32, Width: 768, Layers: 12, Heads: 12);

    /// <summary>CLIP's ViT-B/16.</summary>
    public static VisionTransformerSettings B16 { get; } = new(Patch: 16, Width: 768, Layers: 12, Heads: 12);

    /// <inheritdoc/>
    public override int FeatureWidth => Width;

    /// <inheritdoc/>
    internal override Module<Tensor, Tensor> Build() => new ClipVisionTransformer(this);
}
