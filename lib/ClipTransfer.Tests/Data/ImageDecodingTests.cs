using ClipTransfer.Data;
using ClipTransfer.Runtime;
using CsCheck;
using SkiaSharp;

namespace ClipTransfer.Tests.Data;

public class ImageDecodingTests
{
    private static readonly SKColor _red = new(200, 30, 30);
    private static readonly SKColor _blue = new(30, 30, 200);

    [Fact]
    public void The_shorter_side_is_scaled_and_the_centre_cut_out()
    {
        // 120 × 40, cut to the middle 40 columns: the border lies in the middle again.
        var square = ImageDecoding.ReadSquare(Pictures.Halves(120, 40, _red, _blue, SKEncodedImageFormat.Png), "x", 20);
        Assert.Equal((20, 20), (square.Width, square.Height));
        AssertPixel(square, 2, 10, _red, 0);
        AssertPixel(square, 17, 10, _blue, 0);
    }

    [Theory]
    // Where the red half of (red left, blue right) lies once the picture is upright, by the EXIF specification.
    [InlineData(1, "left")]
    [InlineData(2, "right")]
    [InlineData(3, "right")]
    [InlineData(4, "left")]
    [InlineData(5, "top")]
    [InlineData(6, "top")]
    [InlineData(7, "bottom")]
    [InlineData(8, "bottom")]
    public void A_noted_orientation_is_applied(byte orientation, string redSide)
    {
        var jpeg = Pictures.WithOrientation(Pictures.Halves(64, 64, _red, _blue), orientation);
        var square = ImageDecoding.ReadSquare(jpeg, "x", 32);
        var (x, y) = redSide switch { "left" => (3, 16), "right" => (28, 16), "top" => (16, 3), _ => (16, 28) };
        AssertPixel(square, x, y, _red, 12);
        AssertPixel(square, 31 - x, 31 - y, _blue, 12);
    }

    [Fact]
    public void Gray_cmyk_transparent_and_one_pixel_pictures_become_rgb()
    {
        var gray = ImageDecoding.ReadSquare(Pictures.Halves(32, 32, SKColors.Black, SKColors.White, type: SKColorType.Gray8), "gray", 16);
        AssertPixel(gray, 2, 8, SKColors.Black, 6);
        AssertPixel(gray, 13, 8, SKColors.White, 6);

        var cyan = ImageDecoding.ReadSquare(Pictures.FlatCmyk(0, 255, 255, 255), "cmyk", 8); // full cyan, no other ink
        AssertPixel(cyan, 4, 4, new SKColor(0, 255, 255), 40);
        var black = ImageDecoding.ReadSquare(Pictures.FlatCmyk(255, 255, 255, 0), "cmyk", 8);
        AssertPixel(black, 4, 4, SKColors.Black, 40);

        var half = new SKColor(0, 0, 0, 128);
        var laid = ImageDecoding.ReadSquare(Pictures.Halves(32, 32, half, SKColors.Transparent, SKEncodedImageFormat.Png), "png", 32);
        AssertPixel(laid, 4, 4, new SKColor(127, 127, 127), 1); // half black over white
        AssertPixel(laid, 28, 4, SKColors.White, 0);

        var one = ImageDecoding.ReadSquare(Pictures.Halves(1, 1, _blue, _blue, SKEncodedImageFormat.Png), "one", 24);
        AssertPixel(one, 0, 23, _blue, 0);
    }

    [Fact]
    public void Cut_damaged_empty_and_foreign_files_are_named()
    {
        var jpeg = Pictures.Halves(64, 64, _red, _blue);
        AssertBroken(jpeg[..^20], "ends before");
        AssertBroken([], "is empty");
        AssertBroken("no picture at all"u8.ToArray(), "no picture");
        var missing = Assert.Throws<InputException>(() => ImageDecoding.ReadSquare("/nowhere/cat.jpg", 8));
        Assert.Contains("/nowhere/cat.jpg", missing.Message, StringComparison.Ordinal);

        static void AssertBroken(byte[] bytes, string what)
        {
            var error = Assert.Throws<InputException>(() => ImageDecoding.ReadSquare(bytes, "cat.jpg", 8));
            Assert.Equal("cat.jpg", error.Where);
            Assert.Contains(what, error.What, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Any_bytes_give_a_picture_or_a_clear_error()
    {
        var jpeg = Pictures.Halves(24, 16, _red, _blue);
        var png = Pictures.Halves(24, 16, _red, _blue, SKEncodedImageFormat.Png);
        // Random bytes die at once; damaged true files reach deeper.
        var damaged = Gen.Select(Gen.Bool, Gen.Int[0, 2000], Gen.Byte, Gen.Int[1, 2000]).Select((jpg, at, value, length) =>
        {
            var bytes = (jpg ? jpeg : png).ToArray();
            bytes[at % bytes.Length] = value;
            return bytes[..Math.Min(bytes.Length, length + 20)];
        });
        Gen.OneOf(damaged, Gen.Byte.Array[0, 300]).Sample(
            bytes =>
            {
                try
                {
                    var square = ImageDecoding.ReadSquare(bytes, "fuzz", 8);
                    Assert.Equal(8 * 8 * 3, square.Pixels.Length);
                }
                catch (InputException error)
                {
                    Assert.Equal("fuzz", error.Where);
                }
            },
            iter: 500, threads: 1);
    }

    private static void AssertPixel(RgbImage image, int x, int y, SKColor expected, int tolerance)
    {
        var at = ((y * image.Width) + x) * 3;
        Assert.InRange(image.Pixels[at], expected.Red - tolerance, expected.Red + tolerance);
        Assert.InRange(image.Pixels[at + 1], expected.Green - tolerance, expected.Green + tolerance);
        Assert.InRange(image.Pixels[at + 2], expected.Blue - tolerance, expected.Blue + tolerance);
    }
}
