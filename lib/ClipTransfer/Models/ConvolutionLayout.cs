using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ClipTransfer.Models;

/// <summary>The memory layout of convolutions, which is a property of their kernels: TorchSharp has no memory format.</summary>
internal static class ConvolutionLayout
{
    /// <summary>Lays every kernel <c>[O, I, h, w]</c> out as <c>[O, h, w, I]</c>; a convolution then reads and writes activations channels-last, which processors prefer. Only rounding differs.</summary>
    public static void ChannelsLast(nn.Module model)
    {
        using var scope = NewDisposeScope();
        using var free = no_grad();
        foreach (var convolution in model.modules().OfType<Conv2d>())
            convolution.weight!.set_(convolution.weight.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2));
    }
}
