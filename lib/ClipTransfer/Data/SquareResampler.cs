using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ClipTransfer.Data;

/// <summary>Scales the shorter side to S and cuts out the centre, in one pass over rows and one over columns.</summary>
/// <remarks>
/// CLIP's own preparation, <c>Resize(S, bicubic)</c> then <c>CenterCrop(S)</c>, as Pillow does it: the cubic kernel (a = −1/2) is widened by the scale when
/// shrinking, so that nothing aliases (SkiaSharp's cubic filter is not). Two deviations, both below one grey level on photographs: no rounding between
/// the passes, and the cut is centred exactly instead of to the whole pixel. Multiplications and additions only, no fused ones: the
/// same bytes on every processor.
/// </remarks>
internal static class SquareResampler
{
    private const double Support = 2; // of the cubic kernel, in output pixels when shrinking

    /// <summary>Resamples a picture of three bytes a pixel.</summary>
    public static RgbImage Resample(RgbImage picture, int size)
    {
        var rgba = new byte[picture.Width * picture.Height * 4];
        for (int i = 0, j = 0; j < rgba.Length; i += 3, j += 4) picture.Pixels.AsSpan(i, 3).CopyTo(rgba.AsSpan(j));
        return Resample(rgba, picture.Width, picture.Height, picture.Width * 4, size);
    }

    /// <summary>Resamples rows of R, G, B, A bytes; A is ignored.</summary>
    public static RgbImage Resample(ReadOnlySpan<byte> rgba, int width, int height, int rowBytes, int size)
    {
        var shorter = Math.Min(width, height);
        var scale = (double)shorter / size;
        var columns = Taps.Of(width, (width - shorter) / 2.0, scale, size);
        var rows = Taps.Of(height, (height - shorter) / 2.0, scale, size);
        var firstRow = rows.First.Min();
        var lastRow = rows.First.Zip(rows.Length, (first, length) => first + length).Max();

        // Pass 1: every needed row, S pixels wide, one Vector128 (R, G, B, A) a pixel.
        var strip = ArrayPool<float>.Shared.Rent((lastRow - firstRow) * size * 4);
        var line = ArrayPool<float>.Shared.Rent(width * 4);
        try
        {
            for (var y = firstRow; y < lastRow; y++)
            {
                Widen(rgba.Slice(y * rowBytes, width * 4), line);
                var source = MemoryMarshal.Cast<float, Vector128<float>>(line);
                var target = MemoryMarshal.Cast<float, Vector128<float>>(strip.AsSpan((y - firstRow) * size * 4, size * 4));
                for (var x = 0; x < size; x++)
                {
                    var sum = Vector128<float>.Zero;
                    var weights = columns.Of(x);
                    var taps = source.Slice(columns.First[x], weights.Length);
                    for (var t = 0; t < weights.Length; t++) sum += taps[t] * weights[t];
                    target[x] = sum;
                }
            }

            return Columns(strip, firstRow, rows, size);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(strip);
            ArrayPool<float>.Shared.Return(line);
        }
    }

    // Pass 2: down the columns, and back to three bytes.
    private static RgbImage Columns(float[] strip, int firstRow, Taps rows, int size)
    {
        var pixels = new byte[size * size * 3];
        var sums = ArrayPool<float>.Shared.Rent(size * 4);
        var accumulated = MemoryMarshal.Cast<float, Vector128<float>>(sums.AsSpan(0, size * 4));
        for (var y = 0; y < size; y++)
        {
            accumulated.Clear();
            var weights = rows.Of(y);
            for (var t = 0; t < weights.Length; t++)
            {
                var source = MemoryMarshal.Cast<float, Vector128<float>>(strip.AsSpan((rows.First[y] + t - firstRow) * size * 4, size * 4));
                for (var x = 0; x < accumulated.Length; x++) accumulated[x] += source[x] * weights[t];
            }

            var target = pixels.AsSpan(y * size * 3, size * 3);
            for (var x = 0; x < size; x++)
            {
                target[3 * x] = ToByte(sums[4 * x]);
                target[(3 * x) + 1] = ToByte(sums[(4 * x) + 1]);
                target[(3 * x) + 2] = ToByte(sums[(4 * x) + 2]);
            }
        }

        ArrayPool<float>.Shared.Return(sums);
        return new RgbImage(size, size, pixels);
    }

    private static void Widen(ReadOnlySpan<byte> from, Span<float> to)
    {
        var i = 0;
        for (; i + 16 <= from.Length; i += 16)
        {
            var (low, high) = Vector128.Widen(Vector128.Create(from.Slice(i, 16)));
            var (a, b) = Vector128.Widen(low);
            var (c, d) = Vector128.Widen(high);
            Vector128.ConvertToSingle(a.AsInt32()).CopyTo(to[i..]);
            Vector128.ConvertToSingle(b.AsInt32()).CopyTo(to[(i + 4)..]);
            Vector128.ConvertToSingle(c.AsInt32()).CopyTo(to[(i + 8)..]);
            Vector128.ConvertToSingle(d.AsInt32()).CopyTo(to[(i + 12)..]);
        }

        for (; i < from.Length; i++) to[i] = from[i];
    }

    private static byte ToByte(float value) => (byte)Math.Clamp(value + 0.5f, 0, 255);

    /// <summary>The pixels that each output pixel reads, and their weights.</summary>
    private sealed class Taps
    {
        private readonly float[] _weights;
        private readonly int _most;

        private Taps(int size, int most)
        {
            First = new int[size];
            Length = new int[size];
            _weights = new float[size * most];
            _most = most;
        }

        public int[] First { get; }

        public int[] Length { get; }

        public ReadOnlySpan<float> Of(int output) => _weights.AsSpan(output * _most, Length[output]);

        public static Taps Of(int length, double offset, double scale, int size)
        {
            var stretch = Math.Max(scale, 1);
            var reach = Support * stretch;
            var taps = new Taps(size, (int)Math.Ceiling(reach * 2) + 2);
            for (var i = 0; i < size; i++)
            {
                var centre = offset + ((i + 0.5) * scale);
                var first = Math.Clamp((int)Math.Floor(centre - reach + 0.5), 0, length - 1);
                var last = Math.Clamp((int)Math.Floor(centre + reach + 0.5), first + 1, length);
                var weights = taps._weights.AsSpan(i * taps._most, last - first);
                var sum = 0.0;
                for (var t = 0; t < weights.Length; t++)
                {
                    var weight = Cubic((first + t + 0.5 - centre) / stretch);
                    weights[t] = (float)weight;
                    sum += weight;
                }

                for (var t = 0; t < weights.Length; t++) weights[t] = (float)(weights[t] / sum);
                taps.First[i] = first;
                taps.Length[i] = weights.Length;
            }

            return taps;
        }

        // Keys 1981 with a = −1/2.
        private static double Cubic(double x)
        {
            x = Math.Abs(x);
            return x < 1 ? ((1.5 * x) - 2.5) * x * x + 1 : x < 2 ? (((-0.5 * x) + 2.5) * x - 4) * x + 2 : 0;
        }
    }
}
