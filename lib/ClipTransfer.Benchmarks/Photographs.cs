using ClipTransfer.Data;
using SkiaSharp;

namespace ClipTransfer.Benchmarks;

/// <summary>JPEG files of a photograph's size (500 × 375, about 100 KiB), of smooth shapes and grain, in a folder that goes when it is disposed.</summary>
internal sealed class Photographs : IImageSource, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("photographs").FullName;
    private readonly int _files;

    /// <param name="count">How many pictures the source has.</param>
    /// <param name="files">How many files stand behind them.</param>
    public Photographs(int count, int files = 24)
    {
        (Count, _files) = (count, files);
        Parallel.For(0, files, k => File.WriteAllBytes(PathOf(k), Jpeg(k)));
    }

    public string Name => "photographs";

    public string Description => $"{Count} generated JPEG files";

    public int Count { get; }

    public string Fingerprint => _folder;

    public RgbImage ReadImage(int image, int size) => ImageDecoding.ReadSquare(PathOf(image), size);

    public string PathOf(int image) => Path.Combine(_folder, $"{image % _files}.jpg");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static byte[] Jpeg(int seed)
    {
        using var bitmap = new SKBitmap(500, 375, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var canvas = new SKCanvas(bitmap);
        var random = new Random(seed);
        canvas.Clear(new SKColor((uint)random.Next() | 0xFF000000));
        for (var k = 0; k < 60; k++)
        {
            using var paint = new SKPaint { Color = new SKColor((uint)random.Next()).WithAlpha(120), IsAntialias = true };
            canvas.DrawOval(random.Next(500), random.Next(375), random.Next(10, 160), random.Next(10, 120), paint);
        }

        canvas.Flush();
        var pixels = bitmap.GetPixelSpan().ToArray();
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)Math.Clamp(pixels[i] + random.Next(-14, 15), 0, 255);
        System.Runtime.InteropServices.Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
        using var data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 90);
        return data.ToArray();
    }
}
