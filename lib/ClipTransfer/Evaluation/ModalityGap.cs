using static TorchSharp.torch;

namespace ClipTransfer.Evaluation;

/// <summary>How far apart the two modalities lie in the joint space, and what it matters.</summary>
/// <param name="Distance">‖mean g − mean h‖ (Liang and others 2022), the same as <see cref="Geometry.ModalityGap"/>.</param>
/// <param name="Spread">The mean distance of an embedding to its own modality's mean, over both: what the distance is to be compared with.</param>
/// <param name="Separability">How often a linear probe tells picture from caption, fitted on one half of the pairs and tested on the other; 0.5 is chance.</param>
/// <param name="ClosedRetrieval">Retrieval after each modality's mean is taken out and rows are given length one again: what closing the gap by a shift changes.</param>
public sealed record ModalityGap(double Distance, double Spread, double Separability, RetrievalResult ClosedRetrieval)
{
    /// <summary>Measures a set of pairs.</summary>
    /// <param name="images">Unit rows, <c>[N, D]</c>, N at least 20.</param>
    /// <param name="texts">Unit rows, <c>[M, D]</c>.</param>
    /// <param name="imageOfText">For each caption the row of its picture; the first caption of each counts, for retrieval all.</param>
    /// <param name="seed">Decides the split on which the probe's λ is chosen.</param>
    public static ModalityGap Measure(Tensor images, Tensor texts, IReadOnlyList<int> imageOfText, long seed)
    {
        using var scope = NewDisposeScope();
        var count = (int)images.shape[0];
        var first = new long[count];
        for (var text = imageOfText.Count - 1; text >= 0; text--) first[imageOfText[text]] = text;
        var (g, h) = (images.to(ScalarType.Float64), texts.to(ScalarType.Float64)[tensor(first)]);
        var (imageMean, textMean) = (g.mean([0], keepdim: true), h.mean([0], keepdim: true));
        var spread = ((g - imageMean).norm(1).mean() + (h - textMean).norm(1).mean()).item<double>() / 2;

        var half = count / 2;
        var fitted = cat([g.narrow(0, 0, half), h.narrow(0, 0, half)]);
        var tested = cat([g.narrow(0, half, count - half), h.narrow(0, half, count - half)]);
        var probe = LinearProbe.Evaluate(fitted, Sides(half), tested, Sides(count - half), 2, seed);

        // Where all rows are one point nothing is left; a tiny floor keeps the division finite, and ties count as wrong.
        return new ModalityGap((imageMean - textMean).norm().item<double>(), spread, probe.Accuracy, Retrieval.Evaluate(Shifted(images, imageMean), Shifted(texts, textMean), imageOfText));
    }

    private static int[] Sides(int count) => [.. Enumerable.Repeat(0, count), .. Enumerable.Repeat(1, count)];

    private static Tensor Shifted(Tensor rows, Tensor mean)
    {
        var moved = rows.to(ScalarType.Float64) - mean;
        return moved / moved.norm(1, keepdim: true).clamp_min(1e-12);
    }
}
