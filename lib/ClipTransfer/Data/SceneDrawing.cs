using System.Runtime.InteropServices;
using SkiaSharp;

namespace ClipTransfer.Data;

/// <summary>Paints the factors of a scene, anti-aliased, in unit coordinates scaled to any size.</summary>
internal static class SceneDrawing
{
    /// <summary>Rises whenever the same factors give other pixels: caches made by an older version are then made anew.</summary>
    public const int Version = 1;

    [ThreadStatic]
    private static SceneCanvas? _canvas; // SkiaSharp objects belong to one thread

    public static RgbImage Draw(SceneFactors factors, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 8);
        if (_canvas is null || _canvas.Size != size)
        {
            _canvas?.Dispose();
            _canvas = new SceneCanvas(size);
        }

        return _canvas.Draw(factors);
    }

    /// <summary>A surface of one size with its paint, reused from scene to scene.</summary>
    private sealed class SceneCanvas : IDisposable
    {
        private readonly SKBitmap _bitmap;
        private readonly SKCanvas _canvas;
        private readonly SKPaint _fill = new() { IsAntialias = true, Style = SKPaintStyle.Fill };
        private readonly SKPaint _stroke = new() { IsAntialias = true, Style = SKPaintStyle.Stroke };
        private readonly SceneBackdropPainter _backdrop;
        private readonly SceneTexturePainter _texture;

        public SceneCanvas(int size)
        {
            Size = size;
            _bitmap = new SKBitmap(new SKImageInfo(size, size, SKColorType.Rgba8888, SKAlphaType.Opaque));
            _canvas = new SKCanvas(_bitmap);
            _backdrop = new SceneBackdropPainter(_canvas, _fill, _stroke);
            _texture = new SceneTexturePainter(_canvas, _fill, _stroke);
        }

        public int Size { get; }

        public RgbImage Draw(SceneFactors factors)
        {
            _canvas.ResetMatrix();
            _canvas.Scale(Size);
            _backdrop.Paint(factors);
            foreach (var piece in factors.Clutter) Paint(piece);

            var colour = ScenePalette.Thing(factors.Colour, factors.Light);
            _canvas.Save();
            _canvas.Translate((float)factors.X, (float)factors.Y);
            _canvas.RotateDegrees((float)factors.Rotation);
            _canvas.Scale((float)factors.Radius);
            var path = SceneShapes.Of(factors.Shape);
            if (factors.Style == SceneStyle.Outline)
            {
                _stroke.Color = colour;
                _stroke.StrokeWidth = 0.22f;
                _canvas.DrawPath(path, _stroke);
            }
            else
            {
                _texture.Paint(path, factors.Texture, colour, factors.Phase);
            }

            _canvas.Restore();
            return Read();
        }

        public void Dispose()
        {
            _canvas.Dispose();
            _bitmap.Dispose();
            _fill.Dispose();
            _stroke.Dispose();
        }

        private void Paint(SceneClutter piece)
        {
            _fill.Color = ScenePalette.Thing(piece.Colour, 1);
            _canvas.Save();
            _canvas.Translate((float)piece.X, (float)piece.Y);
            _canvas.RotateDegrees((float)piece.Rotation);
            var r = (float)piece.Radius;
            switch (piece.Kind)
            {
                case 0: _canvas.DrawCircle(0, 0, r * 0.8f, _fill); break;
                case 1: _canvas.DrawRect(-r * 1.6f, -r * 0.35f, r * 3.2f, r * 0.7f, _fill); break;
                default: _canvas.DrawRect(-r * 0.7f, -r * 0.7f, r * 1.4f, r * 1.4f, _fill); break;
            }

            _canvas.Restore();
        }

        private RgbImage Read()
        {
            var rgba = MemoryMarshal.Cast<byte, uint>(_bitmap.GetPixelSpan());
            var pixels = new byte[Size * Size * 3];
            for (int i = 0, j = 0; i < rgba.Length; i++, j += 3)
            {
                var p = rgba[i];
                pixels[j] = (byte)p;
                pixels[j + 1] = (byte)(p >> 8);
                pixels[j + 2] = (byte)(p >> 16);
            }

            return new RgbImage(Size, Size, pixels);
        }
    }
}
