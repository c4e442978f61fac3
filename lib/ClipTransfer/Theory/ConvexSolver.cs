using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>A function of W and its gradient there.</summary>
/// <param name="map">W.</param>
public delegate (double Value, Tensor Gradient) SmoothFunction(Tensor map);

/// <summary>One step of a solver, for stop rules and traces.</summary>
/// <param name="Iteration">0 at the start.</param>
/// <param name="Value">The objective.</param>
/// <param name="GradientNorm">‖∇‖_F.</param>
/// <param name="Map">W, valid during the call only.</param>
public sealed record SolverStep(int Iteration, double Value, double GradientNorm, Tensor Map);

/// <summary>Where a solver ended.</summary>
/// <param name="Map">W: [d2, d1].</param>
/// <param name="Value">The objective there.</param>
/// <param name="GradientNorm">‖∇‖_F there.</param>
/// <param name="Iterations">Steps taken.</param>
/// <param name="StopRule">Which rule ended it.</param>
public sealed record Solution(Tensor Map, double Value, double GradientNorm, int Iterations, string StopRule);

/// <summary>L-BFGS for convex objectives, with a weak-Wolfe line search by bisection.</summary>
public static class ConvexSolver
{
    private const int History = 12;

    /// <summary>Minimises until the gradient is small, a stop rule says so, or the iterations are used up.</summary>
    /// <param name="function">The objective.</param>
    /// <param name="start">W⁰; not changed.</param>
    /// <param name="maxIterations">At most so many.</param>
    /// <param name="gradientTolerance">Stop at ‖∇‖_F ≤ this.</param>
    /// <param name="stop">A named rule of the caller's, for example a loss to reach; null: none.</param>
    /// <param name="stopName">What that rule is called in <see cref="Solution.StopRule"/>.</param>
    /// <remarks>
    /// For a μ-strongly convex objective (with Positive = λ: μ = 2λ·λ_min(mean xxᵀ)) the end lies within ‖∇‖²/(2μ) of the minimum, see
    /// <see cref="Bounds.ExcessFromGradient"/>; against any W* the excess is at most ⟨∇(W), W − W*⟩, by convexity.
    /// </remarks>
    public static Solution Minimise(
        SmoothFunction function, Tensor start, int maxIterations = 500, double gradientTolerance = 1e-8,
        Func<SolverStep, bool>? stop = null, string stopName = "caller's rule")
    {
        using var scope = NewDisposeScope();
        var map = start.clone();
        var (value, gradient) = function(map);
        var pairs = new Queue<(Tensor Step, Tensor Change, double Rho)>();
        for (var iteration = 0; ; iteration++)
        {
            Interrupt.Token.ThrowIfCancellationRequested();
            var norm = gradient.norm().item<double>();
            string? rule = null;
            if (stop is not null && stop(new SolverStep(iteration, value, norm, map))) rule = stopName;
            else if (norm <= gradientTolerance) rule = $"gradient norm ≤ {gradientTolerance:g2}";
            else if (iteration >= maxIterations) rule = $"{maxIterations} iterations";
            if (rule is not null) return new Solution(map.MoveToOuterDisposeScope(), value, norm, iteration, rule);

            var direction = Direction(gradient, pairs);
            if (LineSearch(function, map, value, gradient, direction, pairs.Count == 0 ? Math.Min(1, 1 / norm) : 1) is not var (nextMap, nextValue, nextGradient))
                return new Solution(map.MoveToOuterDisposeScope(), value, norm, iteration, "no step lowers the value any more (rounding)");

            Tensor step = nextMap - map, change = nextGradient - gradient;
            var curvature = (step * change).sum().item<double>();
            if (curvature > 1e-300)
            {
                pairs.Enqueue((step, change, 1 / curvature));
                if (pairs.Count > History)
                {
                    var (oldStep, oldChange, _) = pairs.Dequeue();
                    oldStep.Dispose();
                    oldChange.Dispose();
                }
            }
            map.Dispose();
            gradient.Dispose();
            direction.Dispose();
            (map, value, gradient) = (nextMap, nextValue, nextGradient);
        }
    }

    // Nocedal's two-loop recursion.
    private static Tensor Direction(Tensor gradient, Queue<(Tensor Step, Tensor Change, double Rho)> pairs)
    {
        using var scope = NewDisposeScope();
        var q = gradient.clone();
        var alphas = new double[pairs.Count];
        var list = pairs.ToArray();
        for (var k = list.Length - 1; k >= 0; k--)
        {
            alphas[k] = list[k].Rho * (list[k].Step * q).sum().item<double>();
            q.add_(list[k].Change, alpha: -alphas[k]);
        }
        if (list.Length > 0) q.mul_(1 / (list[^1].Rho * list[^1].Change.square().sum().item<double>()));
        for (var k = 0; k < list.Length; k++)
        {
            var beta = list[k].Rho * (list[k].Change * q).sum().item<double>();
            q.add_(list[k].Step, alpha: alphas[k] - beta);
        }
        return q.neg().MoveToOuterDisposeScope();
    }

    private static (Tensor Map, double Value, Tensor Gradient)? LineSearch(
        SmoothFunction function, Tensor map, double value, Tensor gradient, Tensor direction, double first)
    {
        const double SufficientDecrease = 1e-4, Curvature = 0.9;
        using var scope = NewDisposeScope();
        var slope = (gradient * direction).sum().item<double>();
        double low = 0, high = double.PositiveInfinity, t = first;
        for (var trial = 0; trial < 50; trial++)
        {
            var candidate = map.add(direction, alpha: t);
            var (found, itsGradient) = function(candidate);
            if (!(found <= value + SufficientDecrease * t * slope)) high = t;
            else if ((itsGradient * direction).sum().item<double>() < Curvature * slope) low = t;
            else return (candidate.MoveToOuterDisposeScope(), found, itsGradient.MoveToOuterDisposeScope());
            candidate.Dispose();
            itsGradient.Dispose();
            t = double.IsInfinity(high) ? 2 * t : (low + high) / 2;
        }
        return null;
    }
}
