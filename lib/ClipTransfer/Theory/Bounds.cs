using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>The paper's bounds, and those that hold without hidden constants.</summary>
public static class Bounds
{
    /// <summary>The left side of Theorem 4.2 for each image: log Σ_k exp([f(x, y_k) − f(x, y*)]/τ), natural logarithm: [N] numbers ≥ 0.</summary>
    /// <param name="scores">f(x_i, y_k) against one prompt a class: [N, K]; for the swapped statement, of texts against one image a class.</param>
    /// <param name="classes">Own class: [N] int64.</param>
    /// <param name="temperature">τ.</param>
    public static double[] LogSumExpOverPrompts(Tensor scores, Tensor classes, double temperature)
    {
        using var scope = NewDisposeScope();
        var a = scores.detach().to(float64).cpu() / temperature;
        return (a.logsumexp(1) - a.gather(1, classes.cpu().unsqueeze(1)).squeeze(1)).data<double>().ToArray();
    }

    /// <summary>Whether the own prompt is missed by the r best, for each image: at least r other prompts score no less (a tie is a miss).</summary>
    /// <param name="scores">[N, K].</param>
    /// <param name="classes">[N] int64.</param>
    /// <param name="top">r.</param>
    public static bool[] TopMisses(Tensor scores, Tensor classes, int top)
    {
        using var scope = NewDisposeScope();
        var f = scores.detach().to(float64).cpu();
        var own = f.gather(1, classes.cpu().unsqueeze(1));
        // The own prompt counts itself once.
        return f.ge(own).sum(1).sub(1).ge(top).data<bool>().ToArray();
    }

    /// <summary>Corollary 5.1 with the measured left side [D]: error_r ≤ E[log Σ_k exp(…)] / log(1 + r), for every score and τ (Markov).</summary>
    /// <remarks>If y* is not among the r best, r prompts score no less and the sum is at least 1 + r.</remarks>
    /// <param name="meanLogSumExp">The mean of <see cref="LogSumExpOverPrompts"/>.</param>
    /// <param name="top">r.</param>
    public static double TopError(double meanLogSumExp, int top) => meanLogSumExp / Math.Log(1 + top);

    /// <summary>χ²(Q‖P) = Σ (q − p)²/p; infinite where Q has weight and P has none.</summary>
    public static double ChiSquared(IReadOnlyList<double> q, IReadOnlyList<double> p)
    {
        if (q.Count != p.Count) throw new ArgumentException("two laws over one set are needed", nameof(p));
        double sum = 0;
        for (var k = 0; k < p.Count; k++)
        {
            if (p[k] == 0 && q[k] == 0) continue;
            sum += p[k] == 0 ? double.PositiveInfinity : (q[k] - p[k]) * (q[k] - p[k]) / p[k];
        }
        return sum;
    }

    /// <summary>Remark 5.2 in this form [D]: error_Q ≤ error_P + √(χ²(Q‖P)·error_P), by Cauchy–Schwarz and error² ≤ error.</summary>
    public static double ShiftedError(double errorP, double chiSquared) => errorP == 0 ? 0 : errorP + Math.Sqrt(chiSquared * errorP);

    /// <summary>Σ_k p_k e_k: the error under a law over classes when class k has error e_k.</summary>
    public static double MeanError(IReadOnlyList<double> law, IReadOnlyList<double> errors) => law.Zip(errors, (p, e) => p * e).Sum();

    /// <summary>The shape of ε' (Theorem 4.2 [detail R]) with C and C_B's constant set to 1: it hides constants, so no verdict rests on it.</summary>
    /// <remarks>ε' = (C_B + 2)·[ε + τ⁻¹Mα + τ⁻¹(Mβ)^{1/3} + 2B e^{−γ/τ}], C_B = max_k p_k⁻¹ / B.</remarks>
    public static double EpsilonPrimeShape(
        int batch, double gamma, double temperature, double smallestProbability, double excess = 0, double alpha = 0, double beta = 0, double scoreBound = 1)
    {
        var factor = 1 / (smallestProbability * batch) + 2;
        return factor * (Math.Max(0, excess) + scoreBound * alpha / temperature + Math.Cbrt(scoreBound * beta) / temperature + 2 * batch * Math.Exp(-gamma / temperature));
    }

    /// <summary>How far a point can be from the minimum of a μ-strongly convex function: ‖∇‖²/(2μ).</summary>
    public static double ExcessFromGradient(double gradientNorm, double strongConvexity) => gradientNorm * gradientNorm / (2 * strongConvexity);

    /// <summary>μ of an objective with Positive = λ and Ridge = ρ on fixed batches: 2λ·λ_min(mean xxᵀ) + 2ρ. The batch loss is convex and adds no less than 0.</summary>
    public static double StrongConvexity(PairSample batches, LinearObjective objective)
    {
        using var scope = NewDisposeScope();
        var x = batches.Image.reshape(-1, batches.Image.shape[^1]);
        var smallest = linalg.eigvalsh(x.t().matmul(x) / x.shape[0])[0].item<double>();
        return 2 * objective.Positive * Math.Max(0, smallest) + 2 * objective.Ridge;
    }

    /// <summary>A uniform bound without hidden constants, our version of Theorem 3.3 for the linear score [D]: with probability 1 − δ,
    /// |L_S − L_D| over all ‖W‖_F ≤ ρ is at most this.</summary>
    /// <remarks>
    /// Each batch loss lies in [0, 2(log B + 2M/τ)], M = ρXY, and is Lipschitz in W with ℓ = 4XY/τ (two directions, ‖x_j − x_i‖ ≤ 2X). A net
    /// of radius r has at most (1 + 2ρ/r)^{d1·d2} points; Hoeffding on the net plus 2ℓr off it; r is chosen best on a grid.
    /// </remarks>
    /// <param name="batches">n.</param>
    /// <param name="batch">B.</param>
    /// <param name="parameters">d1·d2.</param>
    /// <param name="radius">ρ.</param>
    /// <param name="norms">X·Y: the largest ‖x‖ times the largest ‖y‖.</param>
    /// <param name="temperature">τ.</param>
    /// <param name="delta">δ.</param>
    public static double UniformDeviation(int batches, int batch, int parameters, double radius, double norms, double temperature, double delta = 0.05)
    {
        var range = 2 * (Math.Log(batch) + 2 * radius * norms / temperature);
        var lipschitz = 4 * norms / temperature;
        return Enumerable.Range(0, 120).Min(k =>
        {
            var r = radius * Math.Pow(10, -k / 12.0);
            var logNet = parameters * Math.Log(1 + 2 * radius / r);
            return 2 * lipschitz * r + range * Math.Sqrt((logNet + Math.Log(2 / delta)) / (2.0 * batches));
        });
    }
}
