using TorchSharp;

namespace ClipTransfer.Data;

/// <summary>Bytes to the numbers that encoders take: (pixel / 255 − mean) / deviation with CLIP's constants.</summary>
public static class PixelNormalisation
{
    /// <summary>CLIP's channel means (R, G, B).</summary>
    public static IReadOnlyList<float> Mean { get; } = [0.48145466f, 0.4578275f, 0.40821073f];

    /// <summary>CLIP's channel deviations (R, G, B).</summary>
    public static IReadOnlyList<float> Deviation { get; } = [0.26862954f, 0.26130258f, 0.27577711f];

    /// <summary>Normalises a batch on the device where it is: <c>[B, 3, H, W] uint8</c> → <c>[B, 3, H, W] float32</c>.</summary>
    public static torch.Tensor Apply(torch.Tensor pixels)
    {
        using var scope = torch.NewDisposeScope();
        // (p/255 − m)/s as p·(1/(255 s)) − m/s: two passes over the batch instead of three.
        var scale = torch.tensor([.. Deviation.Select(s => 1 / (255 * s))], [1, 3, 1, 1], dtype: torch.float32, device: pixels.device);
        var shift = torch.tensor([.. Mean.Zip(Deviation, (m, s) => -m / s)], [1, 3, 1, 1], dtype: torch.float32, device: pixels.device);
        return pixels.to(torch.float32).mul_(scale).add_(shift).MoveToOuterDisposeScope();
    }
}
