using System.Globalization;
using System.Text;
using ClipTransfer.Data;
using ClipTransfer.Evaluation;
using ClipTransfer.Runtime;
using ClipTransfer.Training;

namespace ClipTransfer.Results;

/// <summary>What was measured on a checkpoint.</summary>
/// <param name="Run">The run's checkpoint: its folder's name.</param>
/// <param name="Method">The loss's name.</param>
/// <param name="Step">Steps trained.</param>
/// <param name="HeldOut">The loss on held-out pairs in batches of <paramref name="HeldOutBatch"/>.</param>
/// <param name="HeldOutBatch">B of it.</param>
/// <param name="HeldOutData">What the held-out pairs are.</param>
/// <param name="Retrieval">Recall over the held-out pairs.</param>
/// <param name="Geometry">The joint space over them.</param>
/// <param name="Temperature">τ.</param>
/// <param name="ZeroShot">Zero-shot classification; null where the settings name no labelled pictures.</param>
public sealed record CheckpointEvaluation(
    string Run, string Method, int Step, HeldOutLoss HeldOut, int HeldOutBatch, string HeldOutData, RetrievalResult Retrieval, Geometry Geometry, double Temperature,
    ZeroShotSummary? ZeroShot)
{
    /// <summary>Measures a checkpoint as its own settings say: nothing but the checkpoint and the test data is needed.</summary>
    /// <param name="checkpoint">A checkpoint of a <see cref="TrainingRun"/>.</param>
    /// <param name="data">The folder with real data sets; it is not looked at for scenes.</param>
    /// <exception cref="InputException">The data are missing or damaged, or the checkpoint is of another kind of run.</exception>
    public static CheckpointEvaluation Of(Checkpoint checkpoint, string data)
    {
        var settings = TrainingRunSettings.OfCheckpoint(checkpoint);
        var (loaded, tokenizer) = TrainingRun.Load(checkpoint, settings);
        using var model = loaded;
        var pairs = settings.Data.OpenHeldOut(data);
        using var pixels = PixelStore.Open(pairs, settings.Data.ImageSize);
        var loader = TrainingRun.HeldOutLoader(pairs, pixels, tokenizer, settings);
        using var embedded = HeldOutPairs.Embed(model, tokenizer, pairs, pixels);
        using var scale = model.LogitScale.Value();
        var labelled = settings.Data.OpenZeroShot(data);
        return new CheckpointEvaluation(
            Path.GetFileName(checkpoint.Folder), checkpoint.State.Method, checkpoint.State.Step,
            HeldOutLoss.Measure(model, settings.Method.Create(model.LogitBias), loader), loader.BatchSize, pairs.Description,
            embedded.Retrieval(), embedded.Geometry(), 1 / scale.item<float>(),
            labelled is null ? null : ZeroShotSummary.Of(model, tokenizer, labelled, settings.Data.ImageSize));
    }

    /// <summary>A few lines for a terminal.</summary>
    public override string ToString()
    {
        var table = new StringBuilder();
        Line($"{Method}, {Run}", $"τ {Temperature:0.0000}");
        Line("held-out loss", $"{HeldOut.Loss:0.000} over {HeldOut.Batches} batches of {HeldOutBatch}{(HeldOut.Terms.ContainsKey(Losses.ClipLoss.ImageToText) ? $" (ln B = {Math.Log(HeldOutBatch):0.000})" : "")}");
        Line("image → text", $"{Recalls(Retrieval.ImageToTextRecall)} of {Retrieval.Images} images (chance R@1 {100 * Retrieval.ChanceImageToText[1]:0.0} %)");
        Line("text → image", $"{Recalls(Retrieval.TextToImageRecall)} of {Retrieval.Texts} captions (chance R@1 {100 * Retrieval.ChanceTextToImage(1):0.0} %)");
        if (ZeroShot is { } zero)
            Line("zero-shot", $"{100 * zero.Accuracy:0.0} % of {zero.Count} pictures in {zero.Classes} classes (chance {100 * zero.Chance:0.0} %), {zero.Data}");
        return table.ToString().TrimEnd();

        void Line(string name, FormattableString text) => table.Append(CultureInfo.InvariantCulture, $"{name,-22} {text.ToString(CultureInfo.InvariantCulture)}\n");

        static string Recalls(Func<int, double> recall) =>
            string.Join("  ", Evaluation.Retrieval.Depths.Select(k => string.Create(CultureInfo.InvariantCulture, $"R@{k} {100 * recall(k):0.0} %")));
    }
}
