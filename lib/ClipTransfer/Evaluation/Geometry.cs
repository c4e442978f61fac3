using static TorchSharp.torch;

namespace ClipTransfer.Evaluation;

/// <summary>The shape of the joint space over N pairs of unit embeddings.</summary>
/// <param name="Alignment">E‖g(x_i) − h(y_i)‖², the paper's R; 0 is best.</param>
/// <param name="ImageUniformity">log E exp(−2‖g(x_i) − g(x_j)‖²) over i ≠ j; lower is more evenly spread (Wang and Isola 2020).</param>
/// <param name="TextUniformity">The same among texts.</param>
/// <param name="ModalityGap">‖mean g − mean h‖ (Liang and others 2022).</param>
public sealed record Geometry(double Alignment, double ImageUniformity, double TextUniformity, double ModalityGap)
{
    /// <summary>Measures pairs: row i of both belongs to pair i, <c>[N, D]</c> each, N at least 2.</summary>
    public static Geometry Of(Tensor images, Tensor texts)
    {
        using var scope = NewDisposeScope();
        var (g, h) = (images.to(ScalarType.Float64), texts.to(ScalarType.Float64));
        return new Geometry(
            (g - h).square().sum(-1).mean().item<double>(), Uniformity(g), Uniformity(h),
            (g.mean([0]) - h.mean([0])).norm().item<double>());
    }

    // For unit rows ‖a − b‖² = 2 − 2⟨a, b⟩; the N terms of i = j are 1 each and are taken out.
    private static double Uniformity(Tensor rows)
    {
        var n = rows.shape[0];
        var all = (4 * rows.matmul(rows.t()) - 4).exp().sum().item<double>();
        return Math.Log((all - n) / (n * (n - 1.0)));
    }
}
