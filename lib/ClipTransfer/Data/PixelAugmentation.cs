using TorchSharp;

namespace ClipTransfer.Data;

/// <summary>Random resized crop and flip, on the device where the batch is: one sampling grid for the whole batch.</summary>
/// <remarks>
/// As torchvision's RandomResizedCrop: area and logarithm of the aspect ratio are uniform, the place is uniform. Deviations: a crop that does not fit is clipped to the
/// picture instead of drawn again, and bilinear sampling does not widen its kernel (a crop is enlarged, or kept, in all but the most stretched cases).
/// What a picture undergoes is a function of (seed, epoch, picture), so a batch can be made again alone. CLIP itself used none; this is an option.
/// </remarks>
public sealed record PixelAugmentation
{
    /// <summary>The smallest crop, as a share of the picture's area; the largest is all of it.</summary>
    public double SmallestArea { get; init; } = 0.5;

    /// <summary>The widest aspect ratio; the narrowest is its inverse.</summary>
    public double WidestAspect { get; init; } = 4.0 / 3;

    /// <summary>Probability of a left–right flip.</summary>
    public double FlipProbability { get; init; } = 0.5;

    /// <summary>Crops and flips a normalised batch, <c>[B, 3, S, S] float32</c> → the same shape.</summary>
    /// <param name="pixels">What <see cref="PixelNormalisation.Apply"/> gave.</param>
    /// <param name="images">The pictures' numbers, <see cref="PairBatch.Images"/>.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">The epoch.</param>
    public torch.Tensor Apply(torch.Tensor pixels, IReadOnlyList<int> images, long seed, int epoch)
    {
        using var scope = torch.NewDisposeScope();
        using var off = torch.no_grad();
        var key = ItemRandom.Key(seed, "augmentation");
        var maps = new float[images.Count * 6];
        for (var b = 0; b < images.Count; b++) Map(ItemRandom.Of(key, images[b], epoch), maps.AsSpan(b * 6, 6));
        var theta = torch.tensor(maps, [images.Count, 2, 3], dtype: torch.float32, device: pixels.device);
        var grid = torch.nn.functional.affine_grid(theta, pixels.shape, align_corners: false);
        return torch.nn.functional.grid_sample(pixels, grid, padding_mode: torch.GridSamplePaddingMode.Border, align_corners: false).MoveToOuterDisposeScope();
    }

    // Output coordinates (−1 … 1) to input coordinates: x' = ±w x + cx, y' = h y + cy.
    private void Map(ItemRandom random, Span<float> map)
    {
        var area = random.Between(SmallestArea, 1);
        var aspect = Math.Exp(random.Between(-Math.Log(WidestAspect), Math.Log(WidestAspect)));
        var width = Math.Min(1, Math.Sqrt(area * aspect));
        var height = Math.Min(1, Math.Sqrt(area / aspect));
        var x = random.Between(-(1 - width), 1 - width);
        var y = random.Between(-(1 - height), 1 - height);
        map.Clear();
        map[0] = (float)(random.Chance(FlipProbability) ? -width : width);
        map[2] = (float)x;
        map[4] = (float)height;
        map[5] = (float)y;
    }
}
