using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ClipTransfer.Models;

/// <summary>Normalisation layers whose gains are float32 between layers that compute in bfloat16: statistics and gains in float32, the result rounded back.</summary>
internal static class Float32Normalisation
{
    // Channels-last groups of fewer take libtorch's slow path in bfloat16: up to five times the time of float32 with both casts.
    private const int FewestReducedChannels = 16;

    /// <summary>Group normalisation of <c>[B, C, h, w]</c> in any precision; the result has the input's type.</summary>
    public static Tensor Normalise(this GroupNorm norm, Tensor input) => Normalise(norm, norm.weight!.dtype, input, mixed: norm.weight!.shape[0] / norm.num_groups >= FewestReducedChannels && OnCpu(input));

    /// <summary>Layer normalisation of <c>[…, W]</c> in any precision; the result has the input's type.</summary>
    public static Tensor Normalise(this LayerNorm norm, Tensor input) => Normalise(norm, norm.weight!.dtype, input, mixed: OnCpu(input));

    private static bool OnCpu(Tensor input) => input.device_type == TorchSharp.DeviceType.CPU;

    // mixed: the kernel takes bfloat16 in and float32 gains, and computes in float32, which saves two passes; the CPU's do.
    private static Tensor Normalise(nn.Module<Tensor, Tensor> norm, ScalarType gains, Tensor input, bool mixed)
    {
        if (input.dtype == gains || (mixed && input.dtype == ScalarType.BFloat16)) return norm.call(input);
        using var wide = input.to(gains);
        using var result = norm.call(wide);
        return result.to(input.dtype);
    }
}
