using SkiaSharp;

namespace ClipTransfer.Data;

/// <summary>Tells the traits of a picture from its header.</summary>
internal static class PictureHeader
{
    /// <summary>Each trait in words, for reports.</summary>
    public static IReadOnlyList<(PictureTraits Trait, string Words)> Words { get; } =
    [
        (PictureTraits.Grayscale, "grayscale picture"), (PictureTraits.Cmyk, "CMYK picture, made RGB"), (PictureTraits.Palette, "picture with a palette, made RGB"),
        (PictureTraits.Turned, "picture put upright after its EXIF note"), (PictureTraits.Animated, "animated picture, first frame taken"),
        (PictureTraits.Transparent, "transparent picture, laid over white"), (PictureTraits.OnePixel, "picture with a side of one pixel"),
        (PictureTraits.Small, "picture smaller than wanted, enlarged"), (PictureTraits.Narrow, "picture of a shape above 4:1, mostly cut off"),
    ];

    /// <summary>What the header says of a picture that is wanted at side <paramref name="size"/>.</summary>
    public static PictureTraits Traits(ReadOnlySpan<byte> bytes, SKCodec codec, int size)
    {
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        var (shorter, longer) = (Math.Min(width, height), Math.Max(width, height));
        var traits = Colours(bytes);
        if (codec.EncodedOrigin is not (SKEncodedOrigin.TopLeft or SKEncodedOrigin.Default)) traits |= PictureTraits.Turned;
        if (codec.EncodedFormat is not SKEncodedImageFormat.Jpeg && codec.FrameCount > 1) traits |= PictureTraits.Animated;
        if (!codec.Info.IsOpaque) traits |= PictureTraits.Transparent;
        if (shorter == 1) traits |= PictureTraits.OnePixel;
        if (shorter < size) traits |= PictureTraits.Small;
        if (longer > 4L * shorter) traits |= PictureTraits.Narrow;
        return traits;
    }

    private static PictureTraits Colours(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("GIF8"u8)) return PictureTraits.Palette;
        // PNG: the colour type stands at byte 25 (0 and 4 gray, 3 palette). BMP: bits a pixel at byte 28.
        if (bytes.Length > 25 && bytes[0] == 0x89 && bytes[1..4].SequenceEqual("PNG"u8))
            return bytes[25] switch { 0 or 4 => PictureTraits.Grayscale, 3 => PictureTraits.Palette, _ => PictureTraits.None };
        if (bytes.Length > 29 && bytes.StartsWith("BM"u8)) return bytes[28] is >= 1 and <= 8 ? PictureTraits.Palette : PictureTraits.None;
        if (bytes.Length > 2 && bytes[0] == 0xFF && bytes[1] == 0xD8) return JpegComponents(bytes) switch { 1 => PictureTraits.Grayscale, 4 => PictureTraits.Cmyk, _ => PictureTraits.None };
        return PictureTraits.None;
    }

    /// <summary>Walks the segments to the start of frame (ITU-T T.81, B.1): its number of components.</summary>
    private static int JpegComponents(ReadOnlySpan<byte> bytes)
    {
        for (var at = 2; at + 9 < bytes.Length && bytes[at] == 0xFF;)
        {
            var marker = bytes[at + 1];
            if (marker == 0xFF) at++; // fill
            else if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC)) return bytes[at + 9];
            else at += 2 + ((bytes[at + 2] << 8) | bytes[at + 3]);
        }

        return 0;
    }
}
