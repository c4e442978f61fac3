using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>The size of a <see cref="ResNet"/> of bottleneck blocks.</summary>
/// <param name="Blocks">Blocks of each of the four stages.</param>
/// <param name="Width">Channels of the stem; stages have 1, 2, 4 and 8 times as many inside their blocks.</param>
/// <param name="Classes">Outputs of a classification layer behind the pool; 0 for none, as a tower has it.</param>
public sealed record ResNetSettings(IReadOnlyList<int> Blocks, int Width = 64, int Classes = 0) : ImageTowerSettings
{
    /// <summary>ResNet-50: 23,508,032 parameters, and 2,049,000 more with ImageNet's 1000 classes.</summary>
    public static ResNetSettings ResNet50 { get; } = new([3, 4, 6, 3]);

    /// <summary>ResNet-101.</summary>
    public static ResNetSettings ResNet101 { get; } = new([3, 4, 23, 3]);

    /// <inheritdoc/>
    public override int FeatureWidth => Classes > 0 ? Classes : 8 * Bottleneck.Expansion * Width;

    /// <inheritdoc/>
    internal override Module<Tensor, Tensor> Build() => new ResNet(this);
}
