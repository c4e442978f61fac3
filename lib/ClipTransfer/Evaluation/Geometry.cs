using static TorchSharp.torch;

namespace ClipTransfer.Evaluation;

/// <summary>The shape of the joint space over N pairs of unit embeddings.</summary>
/// <param name="Alignment">E‖g(x_i) − h(y_i)‖², the paper's R; 0 is best.</param>
/// <param name="ImageUniformity">log E exp(−2‖g(x_i) − g(x_j)‖²) over i ≠ j; lower is more evenly spread (Wang and Isola 2020).</param>
/// <param name="TextUniformity">The same among texts.</param>
/// <param name="ModalityGap">‖mean g − mean h‖ (Liang and others 2022).</param>
/// <param name="ImageRank">Effective rank of the images' centred rows: exp of the entropy of their normalised singular values (Roy and Vetterli 2007).</param>
/// <param name="TextRank">The same of texts.</param>
public sealed record Geometry(double Alignment, double ImageUniformity, double TextUniformity, double ModalityGap, double ImageRank, double TextRank)
{
    /// <summary>Measures pairs: row i of both belongs to pair i, <c>[N, D]</c> each, N at least 2.</summary>
    public static Geometry Of(Tensor images, Tensor texts)
    {
        using var scope = NewDisposeScope();
        var (g, h) = (images.to(ScalarType.Float64), texts.to(ScalarType.Float64));
        return new Geometry(
            (g - h).square().sum(-1).mean().item<double>(), Uniformity(g), Uniformity(h),
            (g.mean([0]) - h.mean([0])).norm().item<double>(), EffectiveRank(g), EffectiveRank(h));
    }

    // exp(−Σ p log p) with p = σ/Σσ: 1 for rows on a line, D for rows spread evenly; 0 where all rows are one point.
    private static double EffectiveRank(Tensor rows)
    {
        var values = linalg.svdvals(rows - rows.mean([0], keepdim: true)).data<double>().ToArray();
        var sum = values.Sum();
        return sum < 1e-12 ? 0 : Math.Exp(-values.Where(v => v > 0).Sum(v => v / sum * Math.Log(v / sum)));
    }

    // For unit rows ‖a − b‖² = 2 − 2⟨a, b⟩; the N terms of i = j are 1 each and are taken out.
    private static double Uniformity(Tensor rows)
    {
        var n = rows.shape[0];
        var all = (4 * rows.matmul(rows.t()) - 4).exp().sum().item<double>();
        return Math.Log((all - n) / (n * (n - 1.0)));
    }
}
