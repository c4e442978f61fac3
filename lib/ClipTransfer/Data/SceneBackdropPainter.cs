using SkiaSharp;

namespace ClipTransfer.Data;

/// <summary>Paints one of the ten backdrops over the unit square.</summary>
internal sealed class SceneBackdropPainter(SKCanvas canvas, SKPaint fill, SKPaint stroke)
{
    private const float Step = 0.25f;

    public void Paint(SceneFactors factors)
    {
        var tone = ScenePalette.Tone(factors.Tone);
        var accent = ScenePalette.Tone(factors.Accent);
        var shift = (float)factors.Phase * Step;
        canvas.Clear(tone);
        fill.Color = stroke.Color = accent;
        switch (factors.Backdrop)
        {
            case SceneBackdrop.Plain: break;
            case SceneBackdrop.Gradient: Gradient(tone, accent, factors.Phase); break;
            case SceneBackdrop.Stripes:
                for (var x = shift - Step; x < 1; x += Step) canvas.DrawRect(x, 0, Step / 2, 1, fill);
                break;
            case SceneBackdrop.Checks:
                for (var row = 0; row < 6; row++)
                    for (var column = row % 2; column < 6; column += 2)
                        canvas.DrawRect(shift - Step + (column * Step), shift - Step + (row * Step), Step, Step, fill);
                break;
            case SceneBackdrop.Dots:
                for (var y = shift; y < 1.1f; y += Step)
                    for (var x = shift; x < 1.1f; x += Step) canvas.DrawCircle(x, y, Step * 0.3f, fill);
                break;
            case SceneBackdrop.Slopes:
                stroke.StrokeWidth = Step * 0.4f;
                for (var x = shift - 1.25f; x < 1.25f; x += Step) canvas.DrawLine(x, 0, x + 1, 1, stroke);
                break;
            case SceneBackdrop.Rings:
                stroke.StrokeWidth = Step * 0.4f;
                for (var r = shift; r < 0.85f; r += Step * 0.8f) canvas.DrawCircle(0.5f, 0.5f, r, stroke);
                break;
            case SceneBackdrop.Waves: Waves(shift); break;
            case SceneBackdrop.Bricks: Bricks(shift); break;
            default: Patches(factors.Phase); break;
        }
    }

    private void Gradient(SKColor from, SKColor to, double phase)
    {
        var angle = 2 * Math.PI * phase;
        var x = (float)(0.5 * Math.Cos(angle));
        var y = (float)(0.5 * Math.Sin(angle));
        using var shader = SKShader.CreateLinearGradient(
            new SKPoint(0.5f - x, 0.5f - y), new SKPoint(0.5f + x, 0.5f + y), [from, to], SKShaderTileMode.Clamp);
        fill.Shader = shader;
        canvas.DrawRect(0, 0, 1, 1, fill);
        fill.Shader = null;
    }

    private void Waves(float shift)
    {
        stroke.StrokeWidth = Step * 0.35f;
        using var path = new SKPath();
        for (var y = shift - Step; y < 1 + Step; y += Step)
        {
            path.MoveTo(-0.1f, y);
            for (var x = -0.1f; x < 1; x += 0.4f) path.CubicTo(x + 0.13f, y - 0.14f, x + 0.27f, y + 0.14f, x + 0.4f, y);
        }

        canvas.DrawPath(path, stroke);
    }

    private void Bricks(float shift)
    {
        stroke.StrokeWidth = 0.03f;
        var row = 0;
        for (var y = shift - Step; y < 1; y += Step * 0.7f, row++)
        {
            canvas.DrawLine(0, y, 1, y, stroke);
            for (var x = shift - 0.4f + (row % 2 * 0.2f); x < 1; x += 0.4f) canvas.DrawLine(x, y, x, y + (Step * 0.7f), stroke);
        }
    }

    private void Patches(double phase)
    {
        // Fixed places, turned around the centre by the phase.
        canvas.Save();
        canvas.RotateDegrees((float)(360 * phase), 0.5f, 0.5f);
        canvas.DrawCircle(0.2f, 0.25f, 0.26f, fill);
        canvas.DrawCircle(0.8f, 0.4f, 0.2f, fill);
        canvas.DrawCircle(0.45f, 0.85f, 0.3f, fill);
        canvas.DrawCircle(1.05f, 0.95f, 0.22f, fill);
        canvas.Restore();
    }
}
