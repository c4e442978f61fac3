using ClipTransfer.Evaluation;
using ClipTransfer.Losses;
using ClipTransfer.Theory;
using ClipTransfer.Training;

namespace ClipTransfer.Results;

/// <summary>A held-out caption and the pictures that a model finds for it.</summary>
/// <param name="Caption">The caption.</param>
/// <param name="Image">The number of its own picture.</param>
/// <param name="Found">The numbers of the pictures found, the best first.</param>
public sealed record FoundImages(string Caption, int Image, IReadOnlyList<int> Found);

/// <summary>One model that was trained, and everything that was measured on it.</summary>
/// <param name="Method">The loss's name.</param>
/// <param name="Seed">Decides first weights and the order of pairs; methods of one seed share both.</param>
/// <param name="Training">Every step.</param>
/// <param name="ZeroShot">Zero-shot classification.</param>
/// <param name="Retrieval">Recall over the held-out pairs.</param>
/// <param name="Margins">Own score minus each other of a batch, image to text, over held-out batches.</param>
/// <param name="BestMargins">Own score minus the best other's.</param>
/// <param name="Geometry">The joint space over the held-out pairs.</param>
/// <param name="Temperature">τ after training.</param>
/// <param name="Shown">Pictures found for some held-out captions.</param>
/// <param name="Folder">Where the run's document is.</param>
public sealed record PretrainingRun(
    string Method, long Seed, TrainingResult Training, ZeroShotResult ZeroShot, RetrievalResult Retrieval, MarginSample Margins, MarginSample BestMargins,
    Geometry Geometry, double Temperature, IReadOnlyList<FoundImages> Shown, string Folder)
{
    /// <summary>The median of <see cref="Margins"/>.</summary>
    public double MedianMargin => Margins.Median.Value;

    /// <summary>The contrastive part of the loss, directions averaged, at every step: what methods share, so that their curves can be compared.</summary>
    public IReadOnlyList<double> ContrastiveLoss { get; } = [.. Training.Steps.Select(s => (s.Terms[ClipLoss.ImageToText] + s.Terms[ClipLoss.TextToImage]) / 2)];

    /// <summary>The contrastive loss over the last tenth of the steps, at least one.</summary>
    public double FinalContrastiveLoss => ContrastiveLoss.TakeLast(Math.Max(1, ContrastiveLoss.Count / 10)).Average();

    /// <summary>What <c>summary.json</c> holds of the run.</summary>
    internal object Summary() => new
    {
        Method,
        Seed,
        Steps = Training.Steps.Count,
        Training.Seconds,
        Training.PairsPerSecond,
        Training.SkippedSteps,
        Training.Precision,
        Training.FinalLoss,
        FinalContrastiveLoss,
        Temperature,
        ZeroShot = new { ZeroShot.Count, ZeroShot.Classes, ZeroShot.CorrectAt, ZeroShot.Chance, ZeroShot.PerClass },
        Retrieval,
        Margins = new { Margins.Kind, Margins.Direction, Values = Margins.Values.Count, Mean = Margins.Mean.Value, Median = MedianMargin, Tenth = Margins.Quantile(0.1).Value },
        BestMargins = new { BestMargins.Kind, BestMargins.Direction, Values = BestMargins.Values.Count, Median = BestMargins.Median.Value, SharePositive = BestMargins.SharePositive.Value },
        Geometry,
    };
}
