using ClipTransfer.Data;

namespace ClipTransfer.Tests.Data;

public class SquareResamplerTests
{
    [Fact]
    public void A_picture_of_the_wanted_size_stays_as_it_is()
    {
        var picture = Noise(20, 20, 1);
        Assert.Equal(picture.Pixels, SquareResampler.Resample(picture, 20).Pixels);
    }

    [Theory]
    [InlineData(50, 37, 16)] // shrinking by 2.3
    [InlineData(32, 32, 64)] // enlarging
    [InlineData(9, 60, 13)]
    public void It_equals_the_cubic_filter_written_out_as_a_double_sum(int width, int height, int size)
    {
        var picture = Noise(width, height, 2);
        var ours = SquareResampler.Resample(picture, size);
        var scale = Math.Min(width, height) / (double)size;
        var worst = 0.0;
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                for (var c = 0; c < 3; c++)
                {
                    double sum = 0, weights = 0;
                    for (var sy = 0; sy < height; sy++)
                    {
                        for (var sx = 0; sx < width; sx++)
                        {
                            var weight = Weight(x, sx, width) * Weight(y, sy, height);
                            sum += weight * picture.Pixels[(((sy * width) + sx) * 3) + c];
                            weights += weight;
                        }
                    }

                    worst = Math.Max(worst, Math.Abs(Math.Clamp(sum / weights, 0, 255) - ours.Pixels[(((y * size) + x) * 3) + c]));
                }
            }
        }

        Assert.InRange(worst, 0, 0.501); // only the rounding to a byte

        double Weight(int output, int input, int length)
        {
            var stretch = Math.Max(1, scale);
            var centre = ((length - Math.Min(width, height)) / 2.0) + ((output + 0.5) * scale);
            var d = Math.Abs(input + 0.5 - centre) / stretch;
            return d < 1 ? (1.5 * d * d * d) - (2.5 * d * d) + 1 : d < 2 ? (-0.5 * d * d * d) + (2.5 * d * d) - (4 * d) + 2 : 0;
        }
    }

    [Fact]
    public void A_flat_picture_stays_flat() =>
        Assert.All(SquareResampler.Resample(new RgbImage(31, 77, [.. Enumerable.Repeat((byte)201, 31 * 77 * 3)]), 24).Pixels, p => Assert.Equal(201, p));

    private static RgbImage Noise(int width, int height, int seed)
    {
        var pixels = new byte[width * height * 3];
        new Random(seed).NextBytes(pixels);
        return new RgbImage(width, height, pixels);
    }
}
