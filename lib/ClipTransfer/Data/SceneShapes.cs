using SkiaSharp;

namespace ClipTransfer.Data;

/// <summary>The eight shapes as paths within the unit circle.</summary>
internal static class SceneShapes
{
    [ThreadStatic]
    private static SKPath[]? _paths; // SkiaSharp objects belong to one thread

    /// <summary>The path of a shape, centred at 0 with radius 1; owned by this thread.</summary>
    public static SKPath Of(SceneShape shape) => (_paths ??= [.. Enum.GetValues<SceneShape>().Select(Make)])[(int)shape];

    private static SKPath Make(SceneShape shape)
    {
        var path = new SKPath();
        switch (shape)
        {
            case SceneShape.Circle:
                path.AddCircle(0, 0, 0.9f);
                break;
            case SceneShape.Square:
                path.AddRect(new SKRect(-0.78f, -0.78f, 0.78f, 0.78f));
                break;
            case SceneShape.Triangle:
                Polygon(path, Corners(3, 1, 1));
                break;
            case SceneShape.Star:
                Polygon(path, Corners(10, 1, 0.42));
                break;
            case SceneShape.Cross:
                Polygon(path,
                [
                    (-0.28, -0.95), (0.28, -0.95), (0.28, -0.28), (0.95, -0.28), (0.95, 0.28), (0.28, 0.28), (0.28, 0.95), (-0.28, 0.95), (-0.28, 0.28),
                    (-0.95, 0.28), (-0.95, -0.28), (-0.28, -0.28),
                ]);
                break;
            case SceneShape.Heart:
                path.MoveTo(0, 0.92f);
                path.CubicTo(-1.5f, -0.1f, -0.85f, -1.2f, 0, -0.45f);
                path.CubicTo(0.85f, -1.2f, 1.5f, -0.1f, 0, 0.92f);
                path.Close();
                break;
            case SceneShape.Crescent:
                // The outer circle from tip to tip, and back on a flatter arc.
                path.MoveTo(0.35f, -0.9f);
                path.CubicTo(-1.2f, -0.95f, -1.2f, 0.95f, 0.35f, 0.9f);
                path.CubicTo(-0.25f, 0.55f, -0.25f, -0.55f, 0.35f, -0.9f);
                path.Close();
                break;
            default:
                Polygon(path, [(0, -1), (0.8, -0.1), (0.3, -0.1), (0.3, 0.95), (-0.3, 0.95), (-0.3, -0.1), (-0.8, -0.1)]);
                break;
        }

        return path;
    }

    private static IEnumerable<(double X, double Y)> Corners(int count, double even, double odd) =>
        Enumerable.Range(0, count).Select(i =>
        {
            var angle = 2 * Math.PI * i / count;
            var radius = i % 2 == 0 ? even : odd;
            return (radius * Math.Sin(angle), -radius * Math.Cos(angle));
        });

    private static void Polygon(SKPath path, IEnumerable<(double X, double Y)> corners)
    {
        var points = corners.Select(c => new SKPoint((float)c.X, (float)c.Y)).ToArray();
        path.AddPoly(points, true);
    }
}
