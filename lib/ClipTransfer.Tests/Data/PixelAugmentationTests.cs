using ClipTransfer.Data;
using TorchSharp;

namespace ClipTransfer.Tests.Data;

public class PixelAugmentationTests
{
    private static readonly PixelAugmentation _nothing = new() { SmallestArea = 1, WidestAspect = 1, FlipProbability = 0 };

    [Fact]
    public void The_whole_picture_without_a_flip_is_the_picture()
    {
        using var pixels = torch.randn(3, 3, 12, 12);
        using var same = _nothing.Apply(pixels, [0, 1, 2], seed: 1, epoch: 0);
        Assert.True(same.allclose(pixels, atol: 1e-5));
    }

    [Fact]
    public void A_certain_flip_mirrors_left_and_right()
    {
        using var pixels = torch.randn(2, 3, 12, 12);
        using var flipped = (_nothing with { FlipProbability = 1 }).Apply(pixels, [0, 1], seed: 1, epoch: 0);
        using var expected = pixels.flip(3);
        Assert.True(flipped.allclose(expected, atol: 1e-5));
    }

    [Fact]
    public void A_crop_of_a_ramp_is_a_ramp_over_the_wanted_share()
    {
        // On a picture whose value is its column, a crop spans width × S columns, and its slope tells the width.
        const int Size = 64;
        using var ramp = torch.arange(Size, dtype: torch.float32).expand(200, 3, Size, Size).contiguous();
        using var crops = new PixelAugmentation { SmallestArea = 0.25, WidestAspect = 1, FlipProbability = 0.5 }.Apply(ramp, [.. Enumerable.Range(0, 200)], seed: 3, epoch: 5);
        var slopes = Enumerable.Range(0, 200).Select(b => (crops[b, 0, 32, 40].item<float>() - crops[b, 0, 32, 24].item<float>()) / 16).ToArray();
        Assert.All(slopes, s => Assert.InRange(Math.Abs(s), 0.49, 1.01)); // width = √area between 1/2 and 1
        Assert.InRange(slopes.Count(s => s < 0), 70, 130); // about half are flipped
        var areas = slopes.Select(s => (double)s * s).ToArray();
        Assert.InRange(areas.Average(), 0.625 - 0.05, 0.625 + 0.05); // uniform between 1/4 and 1
    }

    [Fact]
    public void It_is_a_function_of_seed_epoch_and_picture()
    {
        using var pixels = torch.randn(4, 3, 16, 16);
        var augmentation = new PixelAugmentation();
        using var whole = augmentation.Apply(pixels, [7, 8, 9, 10], seed: 2, epoch: 3);
        using var alone = augmentation.Apply(pixels[1].unsqueeze(0), [8], seed: 2, epoch: 3);
        Assert.True(alone[0].allclose(whole[1], atol: 1e-6));
        using var later = augmentation.Apply(pixels, [7, 8, 9, 10], seed: 2, epoch: 4);
        Assert.False(later.allclose(whole, atol: 1e-3));
    }
}
