using TorchSharp.Modules;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>Group normalisation over groups of so many channels, with gains 1 and offsets 0.</summary>
internal static class ChannelNorm
{
    /// <summary>Makes a layer for <c>[B, width, h, w]</c>.</summary>
    /// <param name="width">Channels.</param>
    /// <param name="channelsPerGroup">Channels that are normalised together; divides the width.</param>
    public static GroupNorm Of(int width, int channelsPerGroup)
    {
        var norm = GroupNorm(width / channelsPerGroup, width);
        // TorchSharp 0.107 leaves both as whatever the memory held.
        init.ones_(norm.weight!);
        init.zeros_(norm.bias!);
        return norm;
    }
}
