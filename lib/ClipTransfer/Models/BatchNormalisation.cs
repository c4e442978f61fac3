using TorchSharp.Modules;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>Batch normalisation as PyTorch starts it: offsets 0, running mean 0 and variance 1.</summary>
internal static class BatchNormalisation
{
    /// <summary>Makes a layer for <c>[B, width, h, w]</c>.</summary>
    /// <param name="width">Channels.</param>
    /// <param name="gain">The first gain of every channel.</param>
    public static BatchNorm2d Of(int width, double gain = 1)
    {
        var norm = BatchNorm2d(width);
        init.constant_(norm.weight!, gain);
        init.zeros_(norm.bias!);
        return norm;
    }
}
