using SkiaSharp;

namespace ClipTransfer.Data;

/// <summary>Fills a shape with one of the eight textures; the shape lies within the unit circle.</summary>
internal sealed class SceneTexturePainter(SKCanvas canvas, SKPaint fill, SKPaint stroke)
{
    private const float Step = 0.5f;

    public void Paint(SKPath path, SceneTexture texture, SKColor colour, double phase)
    {
        fill.Color = colour;
        canvas.DrawPath(path, fill);
        if (texture == SceneTexture.Plain) return;

        var second = ScenePalette.Contrast(colour);
        fill.Color = stroke.Color = second;
        canvas.Save();
        canvas.ClipPath(path, SKClipOperation.Intersect, antialias: true);
        var shift = (float)phase * Step;
        switch (texture)
        {
            case SceneTexture.Striped:
                for (var y = -1 - Step + shift; y < 1; y += Step) canvas.DrawRect(-1, y, 2, Step / 2, fill);
                break;
            case SceneTexture.Dotted:
                for (var y = -1 + shift; y < 1.2f; y += Step)
                    for (var x = -1 + shift; x < 1.2f; x += Step) canvas.DrawCircle(x, y, Step * 0.28f, fill);
                break;
            case SceneTexture.Chequered:
                for (var row = 0; row < 6; row++)
                    for (var column = row % 2; column < 6; column += 2)
                        canvas.DrawRect(-1.4f + shift + (column * Step), -1.4f + shift + (row * Step), Step, Step, fill);
                break;
            case SceneTexture.Ringed:
                stroke.StrokeWidth = 0.17f;
                for (var r = 0.2f; r < 1.1f; r += 0.36f) canvas.DrawCircle(0, 0, r, stroke);
                break;
            case SceneTexture.Netted:
                stroke.StrokeWidth = 0.1f;
                for (var d = -2 + shift; d < 2; d += Step)
                {
                    canvas.DrawLine(d - 1, -1, d + 1, 1, stroke);
                    canvas.DrawLine(d + 1, -1, d - 1, 1, stroke);
                }

                break;
            case SceneTexture.Rimmed:
                stroke.StrokeWidth = 0.44f; // the clip hides the outer half
                canvas.DrawPath(path, stroke);
                break;
            default:
                canvas.DrawRect(-1, -1, 2, 1, fill);
                break;
        }

        canvas.Restore();
    }
}
