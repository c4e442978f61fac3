using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>The size of a <see cref="ResidualImageEncoder"/>.</summary>
/// <param name="StemWidth">Channels of the stem, a 5×5 convolution with stride 2.</param>
/// <param name="StageWidths">Channels of each stage; each halves height and width.</param>
/// <param name="BlocksPerStage">Residual blocks in a stage.</param>
/// <param name="ChannelsPerGroup">Channels that are normalised together (group normalisation).</param>
public sealed record ImageEncoderSettings(int StemWidth, IReadOnlyList<int> StageWidths, int BlocksPerStage = 1, int ChannelsPerGroup = 8) : ImageTowerSettings
{
    /// <inheritdoc/>
    public override int FeatureWidth => StageWidths[^1];

    /// <inheritdoc/>
    internal override Module<Tensor, Tensor> Build() => new ResidualImageEncoder(this);
}
