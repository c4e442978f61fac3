using System.Numerics;
using System.Runtime.CompilerServices;

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
        var lanes = new Lanes(c);
        var i = 0;
        for (; i <= length - Vector<float>.Count; i += Vector<float>.Count) Vector.Store(lanes.Advance(Vector.Load(g + i), p + i, m + i, v + i), p + i);
        for (; i < length; i++) p[i] = Advance(g[i], p[i], m + i, v + i, c);
    }

    /// <summary>The same with bfloat16 gradients; the new p goes to the master and, rounded to nearest even, to the bfloat16 working copy in one pass.</summary>
    public static void Step(float* p, ushort* g, ushort* working, float* m, float* v, int length, in Coefficients c)
    {
        var lanes = new Lanes(c);
        var width = Vector<float>.Count;
        var i = 0;
        for (; i <= length - 2 * width; i += 2 * width)
        {
            var (low, high) = Widen(Vector.Load(g + i));
            var first = lanes.Advance(low, p + i, m + i, v + i);
            var second = lanes.Advance(high, p + i + width, m + i + width, v + i + width);
            Vector.Store(first, p + i);
            Vector.Store(second, p + i + width);
            Vector.Store(Vector.Narrow(Rounded(first), Rounded(second)), working + i);
        }

        for (; i < length; i++)
        {
            p[i] = Advance(BitConverter.UInt32BitsToSingle((uint)g[i] << 16), p[i], m + i, v + i, c);
            var bits = BitConverter.SingleToUInt32Bits(p[i]);
            working[i] = (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
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

    /// <summary>Σ g² of bfloat16 numbers.</summary>
    public static double SumOfSquares(ushort* g, int length)
    {
        var width = Vector<float>.Count;
        var (even, odd) = (Vector<float>.Zero, Vector<float>.Zero);
        var i = 0;
        for (; i <= length - 2 * width; i += 2 * width)
        {
            var (low, high) = Widen(Vector.Load(g + i));
            even += low * low;
            odd += high * high;
        }

        double sum = 0;
        for (var k = 0; k < width; k++) sum += (double)even[k] + odd[k];
        for (; i < length; i++)
        {
            double number = BitConverter.UInt32BitsToSingle((uint)g[i] << 16);
            sum += number * number;
        }

        return sum;
    }

    // A bfloat16 is the upper half of a float32.
    private static (Vector<float> Low, Vector<float> High) Widen(Vector<ushort> numbers)
    {
        Vector.Widen(numbers, out var low, out var high);
        return (Vector.AsVectorSingle(low << 16), Vector.AsVectorSingle(high << 16));
    }

    // The upper half, rounded to nearest even; finite numbers only.
    private static Vector<uint> Rounded(Vector<float> numbers)
    {
        var bits = Vector.AsVectorUInt32(numbers);
        return (bits + new Vector<uint>(0x7FFF) + ((bits >> 16) & Vector<uint>.One)) >> 16;
    }

    private static float Advance(float gradient, float p, float* m, float* v, in Coefficients c)
    {
        gradient *= c.GradientScale;
        *m = c.Beta1 * *m + (1 - c.Beta1) * gradient;
        *v = c.Beta2 * *v + (1 - c.Beta2) * (gradient * gradient);
        return c.Keep * p - c.StepSize * *m / (MathF.Sqrt(*v) * c.SecondScale + c.Epsilon);
    }

    /// <summary>The coefficients in every lane.</summary>
    private readonly struct Lanes(in Coefficients c)
    {
        private readonly Vector<float> _beta1 = new(c.Beta1), _beta2 = new(c.Beta2), _gain1 = new(1 - c.Beta1), _gain2 = new(1 - c.Beta2);
        private readonly Vector<float> _scale = new(c.GradientScale), _keep = new(c.Keep), _size = new(c.StepSize), _second = new(c.SecondScale), _epsilon = new(c.Epsilon);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<float> Advance(Vector<float> gradient, float* p, float* m, float* v)
        {
            gradient *= _scale;
            var first = _beta1 * Vector.Load(m) + _gain1 * gradient;
            var square = _beta2 * Vector.Load(v) + _gain2 * (gradient * gradient);
            Vector.Store(first, m);
            Vector.Store(square, v);
            return _keep * Vector.Load(p) - _size * first / (Vector.SquareRoot(square) * _second + _epsilon);
        }
    }
}
