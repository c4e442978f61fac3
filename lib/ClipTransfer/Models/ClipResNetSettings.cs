using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>The size of a <see cref="ClipResNet"/>.</summary>
/// <param name="Blocks">Blocks of each of the four stages.</param>
/// <param name="Width">Channels behind the stem.</param>
/// <param name="Heads">Attention heads of the pool; divides 32·Width.</param>
/// <param name="Pixels">The picture's side, a multiple of 32: the pool has one position a place.</param>
public sealed record ClipResNetSettings(IReadOnlyList<int> Blocks, int Width = 64, int Heads = 32, int Pixels = 224) : ImageTowerSettings
{
    /// <summary>CLIP's RN50.</summary>
    public static ClipResNetSettings RN50 { get; } = new([3, 4, 6, 3]);

    /// <summary>CLIP's RN101 (its joint space has 512 dimensions).</summary>
    public static ClipResNetSettings RN101 { get; } = new([3, 4, 23, 3]);

    /// <inheritdoc/>
    public override int FeatureWidth => 8 * Bottleneck.Expansion * Width;

    /// <inheritdoc/>
    public override bool ProjectionBias => true;

    /// <inheritdoc/>
    internal override Module<Tensor, Tensor> Build() => new ClipResNet(this);
}
