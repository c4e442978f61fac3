using ClipTransfer.Runtime;
using SkiaSharp;

namespace ClipTransfer.Data;

/// <summary>Photographs from files: whatever SkiaSharp decodes (JPEG, PNG, WebP, GIF, BMP), upright, as an RGB square.</summary>
/// <remarks>
/// Grayscale, CMYK and palettes become RGB, transparency is laid over white, of an animation the first frame counts, and the orientation that a camera
/// noted (EXIF) is applied. A file cut short is broken, even where half of it could be shown.
/// </remarks>
public static class ImageDecoding
{
    /// <summary>Larger pictures are refused: a small file can claim any size.</summary>
    public const long MostPixels = 1L << 27;

    private const string Remedy = "Fetch the file again or leave it out";

    /// <summary>Reads a file: shorter side scaled to <paramref name="size"/>, centre cut out.</summary>
    /// <exception cref="InputException">The file is missing, broken or no picture.</exception>
    public static RgbImage ReadSquare(string file, int size)
    {
        try
        {
            return ReadSquare(File.ReadAllBytes(file), file, size);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException(file, $"cannot be read ({error.Message.TrimEnd('.')})", Remedy, error);
        }
    }

    /// <summary>Reads an encoded picture from memory; <paramref name="name"/> is how errors call it.</summary>
    /// <exception cref="InputException">The bytes are broken or no picture.</exception>
    public static RgbImage ReadSquare(ReadOnlyMemory<byte> bytes, string name, int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        using var pin = bytes.Pin();
        using var data = Wrap(pin, bytes.Length);
        using var codec = SKCodec.Create(data) ?? throw new InputException(name, bytes.Length == 0 ? "is empty" : "is no picture that can be decoded", Remedy);
        var full = codec.Info;
        if (full.Width < 1 || full.Height < 1 || (long)full.Width * full.Height > MostPixels)
            throw new InputException(name, $"claims {full.Width} × {full.Height} pixels", Remedy);

        // JPEG can decode at 1/2, 1/4, 1/8 for a fraction of the time; at twice the wanted size nothing is lost.
        var wanted = Math.Min(1f, 2f * size / Math.Min(full.Width, full.Height));
        var scaled = codec.GetScaledDimensions(wanted);
        if (Math.Min(scaled.Width, scaled.Height) < Math.Min(Math.Min(full.Width, full.Height), 2 * size)) scaled = full.Size;
        var info = new SKImageInfo(scaled.Width, scaled.Height, SKColorType.Rgba8888, full.IsOpaque ? SKAlphaType.Opaque : SKAlphaType.Premul);
        using var bitmap = new SKBitmap();
        if (!bitmap.TryAllocPixels(info)) throw new InputException(name, $"needs more memory than there is ({info.Width} × {info.Height} pixels)", Remedy);
        var result = codec.GetPixels(info, bitmap.GetPixels());
        if (result != SKCodecResult.Success)
            throw new InputException(name, result is SKCodecResult.IncompleteInput ? "ends before the picture does" : "is damaged", Remedy);

        var pixels = bitmap.GetPixelSpan();
        if (!full.IsOpaque) LayOverWhite(pixels, bitmap);
        var square = SquareResampler.Resample(bitmap.GetPixelSpan(), info.Width, info.Height, bitmap.RowBytes, size);
        return Upright(square, codec.EncodedOrigin) with { Traits = PictureHeader.Traits(bytes.Span, codec, size) };
    }

    private static unsafe SKData Wrap(System.Buffers.MemoryHandle pin, int length) => SKData.Create((nint)pin.Pointer, length);

    private static unsafe void LayOverWhite(ReadOnlySpan<byte> pixels, SKBitmap bitmap)
    {
        // Premultiplied: colour + (255 − alpha) of white.
        var writable = new Span<byte>((void*)bitmap.GetPixels(), pixels.Length);
        for (var i = 0; i + 3 < writable.Length; i += 4)
        {
            var rest = 255 - writable[i + 3];
            writable[i] = (byte)Math.Min(255, writable[i] + rest);
            writable[i + 1] = (byte)Math.Min(255, writable[i + 1] + rest);
            writable[i + 2] = (byte)Math.Min(255, writable[i + 2] + rest);
        }
    }

    /// <summary>Turns or flips the cut square; the cut is centred, so doing it afterwards changes nothing.</summary>
    private static RgbImage Upright(RgbImage square, SKEncodedOrigin origin)
    {
        if (origin is SKEncodedOrigin.TopLeft or SKEncodedOrigin.Default) return square;
        var size = square.Width;
        var last = size - 1;
        var turned = new byte[square.Pixels.Length];
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                // Where in the stored picture the upright pixel (x, y) lies.
                var (sx, sy) = origin switch
                {
                    SKEncodedOrigin.TopRight => (last - x, y),
                    SKEncodedOrigin.BottomRight => (last - x, last - y),
                    SKEncodedOrigin.BottomLeft => (x, last - y),
                    SKEncodedOrigin.LeftTop => (y, x),
                    SKEncodedOrigin.RightTop => (y, last - x),
                    SKEncodedOrigin.RightBottom => (last - y, last - x),
                    _ => (last - y, x), // LeftBottom
                };
                square.Pixels.AsSpan(((sy * size) + sx) * 3, 3).CopyTo(turned.AsSpan(((y * size) + x) * 3, 3));
            }
        }

        return new RgbImage(size, size, turned);
    }
}
