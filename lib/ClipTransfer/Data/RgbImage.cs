namespace ClipTransfer.Data;

/// <summary>A decoded picture: three bytes a pixel, row by row, R, G, B interleaved.</summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Pixels"><c>[Height × Width × 3]</c> bytes.</param>
public readonly record struct RgbImage(int Width, int Height, byte[] Pixels)
{
    /// <summary>What was out of the ordinary about the file that it was read from.</summary>
    public PictureTraits Traits { get; init; }

    /// <summary>Writes the picture as planes <c>[3, Height, Width]</c>, the order that encoders take.</summary>
    public void CopyPlanes(Span<byte> planes)
    {
        var area = Width * Height;
        if (planes.Length != 3 * area || Pixels.Length != 3 * area)
            throw new ArgumentException($"planes need {3 * area} bytes, not {planes.Length}; the picture has {Pixels.Length}");
        var red = planes[..area];
        var green = planes.Slice(area, area);
        var blue = planes.Slice(2 * area, area);
        ReadOnlySpan<byte> pixels = Pixels;
        for (int i = 0, j = 0; i < area; i++, j += 3)
        {
            red[i] = pixels[j];
            green[i] = pixels[j + 1];
            blue[i] = pixels[j + 2];
        }
    }

    /// <summary>The picture whose planes <c>[3, height, width]</c> these are.</summary>
    public static RgbImage FromPlanes(int width, int height, ReadOnlySpan<byte> planes)
    {
        var area = width * height;
        if (planes.Length != 3 * area) throw new ArgumentException($"planes need {3 * area} bytes, not {planes.Length}", nameof(planes));
        var pixels = new byte[3 * area];
        for (int i = 0, j = 0; i < area; i++, j += 3)
        {
            pixels[j] = planes[i];
            pixels[j + 1] = planes[area + i];
            pixels[j + 2] = planes[(2 * area) + i];
        }

        return new RgbImage(width, height, pixels);
    }
}
