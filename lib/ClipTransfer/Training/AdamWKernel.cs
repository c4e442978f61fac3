using System.Numerics;

namespace ClipTransfer.Training;

/// <summary>The arithmetic of AdamW on raw memory: every number is read and written once a step.</summary>
internal static unsafe class AdamWKernel
{
    /// <summary>Numbers a work item takes: fixed, so that sums do not depend on the number of threads.</summary>
    public const int Chunk = 1 << 15;

    /// <summary>What one step needs to know of a range.</summary>
    /// <param name="Beta1">β1.</param>
    /// <param name="Beta2">β2.</param>
    /// <param name="Epsilon">ε.</param>
    /// <param name="GradientScale">What gradients are multiplied by first (clipping).</param>
    /// <param name="Keep">1 − learning rate · weight decay.</param>
    /// <param name="StepSize">Learning rate / (1 − β1^t).</param>
    /// <param name="SecondScale">1 / √(1 − β2^t).</param>
    public readonly record struct Coefficients(
        float Beta1, float Beta2, float Epsilon, float GradientScale, float Keep, float StepSize, float SecondScale);

    /// <summary>
    /// g ← scale·g; m ← β1 m + (1−β1) g; v ← β2 v + (1−β2) g²; p ← keep·p − stepSize · m / (√v · secondScale + ε): PyTorch's AdamW, in its order.
    /// </summary>
    public static void Step(float* p, float* g, float* m, float* v, int length, in Coefficients c)
    {
        var width = Vector<float>.Count;
        var (beta1, beta2) = (new Vector<float>(c.Beta1), new Vector<float>(c.Beta2));
        var (gain1, gain2) = (new Vector<float>(1 - c.Beta1), new Vector<float>(1 - c.Beta2));
        var (scale, keep) = (new Vector<float>(c.GradientScale), new Vector<float>(c.Keep));
        var (size, second, epsilon) = (new Vector<float>(c.StepSize), new Vector<float>(c.SecondScale), new Vector<float>(c.Epsilon));
        var i = 0;
        for (; i <= length - width; i += width)
        {
            var gradient = Vector.Load(g + i) * scale;
            var first = beta1 * Vector.Load(m + i) + gain1 * gradient;
            var square = beta2 * Vector.Load(v + i) + gain2 * (gradient * gradient);
            Vector.Store(first, m + i);
            Vector.Store(square, v + i);
            Vector.Store(keep * Vector.Load(p + i) - size * first / (Vector.SquareRoot(square) * second + epsilon), p + i);
        }

        for (; i < length; i++)
        {
            var gradient = g[i] * c.GradientScale;
            m[i] = c.Beta1 * m[i] + (1 - c.Beta1) * gradient;
            v[i] = c.Beta2 * v[i] + (1 - c.Beta2) * (gradient * gradient);
            p[i] = c.Keep * p[i] - c.StepSize * m[i] / (MathF.Sqrt(v[i]) * c.SecondScale + c.Epsilon);
        }
    }

    /// <summary>Σ g², in eight or more running float32 sums over at most <see cref="Chunk"/> numbers, joined in float64.</summary>
    public static double SumOfSquares(float* g, int length)
    {
        var width = Vector<float>.Count;
        var (even, odd) = (Vector<float>.Zero, Vector<float>.Zero);
        var i = 0;
        for (; i <= length - 2 * width; i += 2 * width)
        {
            var (a, b) = (Vector.Load(g + i), Vector.Load(g + i + width));
            even += a * a;
            odd += b * b;
        }

        double sum = 0;
        for (var k = 0; k < width; k++) sum += (double)even[k] + odd[k];
        for (; i < length; i++) sum += (double)g[i] * g[i];
        return sum;
    }
}
