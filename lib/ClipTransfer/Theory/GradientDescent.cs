using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>Plain gradient descent on W with a fixed step size: what the paper's Theorem 5.5 is about.</summary>
public static class GradientDescent
{
    /// <summary>W ← W − η∇ until a rule stops it.</summary>
    /// <param name="function">The objective.</param>
    /// <param name="start">W⁰; not changed.</param>
    /// <param name="stepSize">η.</param>
    /// <param name="steps">At most so many.</param>
    /// <param name="stop">Looked at before every step; true ends. Null: none.</param>
    /// <param name="stopName">What that rule is called.</param>
    public static Solution Run(
        SmoothFunction function, Tensor start, double stepSize, int steps, Func<SolverStep, bool>? stop = null, string stopName = "caller's rule")
    {
        using var scope = NewDisposeScope();
        var map = start.clone();
        for (var step = 0; ; step++)
        {
            Interrupt.Token.ThrowIfCancellationRequested();
            var (value, gradient) = function(map);
            var norm = gradient.norm().item<double>();
            var stopped = stop is not null && stop(new SolverStep(step, value, norm, map));
            if (stopped || step >= steps)
                return new Solution(map.MoveToOuterDisposeScope(), value, norm, step, stopped ? stopName : $"{steps} steps");
            map.add_(gradient, alpha: -stepSize);
            gradient.Dispose();
        }
    }

    /// <summary>The paper's step size with its hidden constant set to 1 [R]: η = ε τ² ‖G‖⁻² ‖H‖⁻² (1+R)⁻⁴.</summary>
    /// <param name="model">Gives ‖G‖, ‖H‖ and R, the larger norm bound of ξ and ζ.</param>
    /// <param name="temperature">τ.</param>
    /// <param name="excess">ε.</param>
    public static double PaperStepSize(SharedFeatureModel model, double temperature, double excess)
    {
        double g = model.Settings.ImageDictionary.Norm, h = model.Settings.TextDictionary.Norm;
        var r = Math.Max(model.Settings.ImageOnly.NormBound, model.Settings.TextOnly.NormBound);
        return excess * temperature * temperature / (g * g * h * h * Math.Pow(1 + r, 4));
    }

    /// <summary>The steps that suffice by the paper [R]: 4‖W⁰ − W*‖_F² / (ηε).</summary>
    public static double PaperSteps(Tensor start, Tensor optimal, double stepSize, double excess)
    {
        using var scope = NewDisposeScope();
        return 4 * (start - optimal).square().sum().item<double>() / (stepSize * excess);
    }
}
