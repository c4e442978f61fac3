using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ClipTransfer.Models;

/// <summary>Normalisation layers whose gains are float32 between layers that compute in bfloat16: statistics and gains in float32, the result rounded back.</summary>
internal static class Float32Normalisation
{
    /// <summary>Group normalisation of <c>[B, C, h, w]</c> in any precision; the result has the input's type.</summary>
    public static Tensor Normalise(this GroupNorm norm, Tensor input) => Normalise(norm, norm.weight!.dtype, input);

    /// <summary>Layer normalisation of <c>[…, W]</c> in any precision; the result has the input's type.</summary>
    public static Tensor Normalise(this LayerNorm norm, Tensor input) => Normalise(norm, norm.weight!.dtype, input);

    /// <summary>Batch normalisation of <c>[B, C, h, w]</c> in any precision; the result has the input's type.</summary>
    public static Tensor Normalise(this BatchNorm2d norm, Tensor input) => Normalise(norm, norm.weight!.dtype, input);

    private static Tensor Normalise(nn.Module<Tensor, Tensor> norm, ScalarType gains, Tensor input)
    {
        // The CPU's kernels take bfloat16 in and float32 gains, and compute in float32: it saves two passes.
        if (input.dtype == gains || (input.dtype == ScalarType.BFloat16 && input.device_type == TorchSharp.DeviceType.CPU)) return norm.call(input);
        using var wide = input.to(gains);
        using var result = norm.call(wide);
        return result.to(input.dtype);
    }
}
