using SkiaSharp;

namespace ClipTransfer.Tests.Data;

/// <summary>Encoded pictures for tests.</summary>
internal static class Pictures
{
    /// <summary>Left half one colour, right half another.</summary>
    public static byte[] Halves(int width, int height, SKColor left, SKColor right, SKEncodedImageFormat format = SKEncodedImageFormat.Jpeg, SKColorType type = SKColorType.Rgba8888)
    {
        using var bitmap = new SKBitmap(width, height, type, left.Alpha < 255 || right.Alpha < 255 ? SKAlphaType.Unpremul : SKAlphaType.Opaque);
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++) bitmap.SetPixel(x, y, x < width / 2 ? left : right);
        using var data = bitmap.Encode(format, 95);
        return data.ToArray();
    }

    /// <summary>Puts an EXIF segment with an orientation (1 … 8) behind the start of a JPEG.</summary>
    public static byte[] WithOrientation(byte[] jpeg, byte orientation)
    {
        byte[] exif =
        [
            0xFF, 0xE1, 0x00, 0x22, (byte)'E', (byte)'x', (byte)'i', (byte)'f', 0, 0,
            (byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8, // big-endian TIFF, first directory at 8
            0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, // one entry: tag 0x112, SHORT, 1 value
            0, 0, 0, 0,
        ];
        return [jpeg[0], jpeg[1], .. exif, .. jpeg[2..]];
    }

    /// <summary>A baseline JPEG of 8 × 8 pixels and four flat components, as Adobe's programs write CMYK (inverted: 255 means no ink).</summary>
    public static byte[] FlatCmyk(byte c, byte m, byte y, byte k)
    {
        var bytes = new List<byte> { 0xFF, 0xD8 };
        Segment(0xEE, [(byte)'A', (byte)'d', (byte)'o', (byte)'b', (byte)'e', 0, 100, 0, 0, 0, 0, 0]); // transform 0: CMYK
        Segment(0xDB, [0, .. Enumerable.Repeat((byte)1, 64)]);
        Segment(0xC0, [8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0]);
        // DC: twelve codes of length 4, one a size 0 … 11. AC: one code, "0", for the end of the block.
        Segment(0xC4, [0x00, 0, 0, 0, 12, .. new byte[12], 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        Segment(0xC4, [0x10, 1, .. new byte[15], 0]);
        Segment(0xDA, [4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]);
        var bits = "";
        foreach (var value in new[] { c, m, y, k })
        {
            var dc = 8 * (value - 128); // the DC coefficient is 8 × the mean
            var size = dc == 0 ? 0 : (int)Math.Log2(Math.Abs(dc)) + 1;
            bits += Convert.ToString(size, 2).PadLeft(4, '0');
            if (size > 0) bits += Convert.ToString(dc > 0 ? dc : dc + (1 << size) - 1, 2).PadLeft(size, '0');
            bits += "0";
        }

        bits = bits.PadRight((bits.Length + 7) / 8 * 8, '1');
        for (var i = 0; i < bits.Length; i += 8)
        {
            var b = Convert.ToByte(bits.Substring(i, 8), 2);
            bytes.Add(b);
            if (b == 0xFF) bytes.Add(0);
        }

        return [.. bytes, 0xFF, 0xD9];

        void Segment(byte marker, byte[] content) => bytes.AddRange([0xFF, marker, (byte)((content.Length + 2) >> 8), (byte)(content.Length + 2), .. content]);
    }
}
