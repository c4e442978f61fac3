using ClipTransfer.Data;
using ClipTransfer.Evaluation;
using ClipTransfer.Losses;
using ClipTransfer.Models;
using ClipTransfer.Runtime;
using ClipTransfer.Theory;
using ClipTransfer.Training;
using static TorchSharp.torch;

namespace ClipTransfer.Results;

/// <summary>Models trained by several methods from several seeds on the same data, each with its run document, and what compares them.</summary>
public sealed class PretrainingStudy
{
    private PretrainingStudy(IReadOnlyList<PretrainingRun> runs) => Runs = runs;

    /// <summary>All runs, by seed and then by method.</summary>
    public IReadOnlyList<PretrainingRun> Runs { get; }

    /// <summary>The methods, in the order in which they were given.</summary>
    public IReadOnlyList<string> Methods => [.. Runs.Select(r => r.Method).Distinct()];

    /// <summary>Trains and measures every method from every seed. The methods of one seed start from the same weights and see the same batches.</summary>
    /// <param name="session">Whose output folder the run documents go to.</param>
    /// <param name="data">What to train and test on, with all sizes.</param>
    /// <param name="head">What the runs are for.</param>
    /// <param name="methods">The losses.</param>
    /// <param name="seeds">Each decides first weights and the order of pairs, not the data.</param>
    /// <exception cref="OperationCanceledException">Ctrl-C was pressed: what was logged until then stays.</exception>
    public static PretrainingStudy Run(
        NotebookSession session, PretrainingData data, RunHead head, IReadOnlyList<IContrastiveLoss> methods, IReadOnlyList<long> seeds) =>
        new([.. seeds.SelectMany(seed => methods.Select(method => Train(session, data, head, method, seed)))]);

    /// <summary>The runs of one method, one a seed.</summary>
    public IReadOnlyList<PretrainingRun> Of(string method) => [.. Runs.Where(r => r.Method == method)];

    /// <summary>The mean of a value over the seeds of a method.</summary>
    public Interval Over(string method, Func<PretrainingRun, double> value) => Interval.StudentT([.. Of(method).Select(value)]);

    /// <summary>
    /// Zero-shot top-r accuracy with the interval that the runs allow: over seeds, or with a single seed Wilson's over the pictures, which knows nothing of how
    /// another training would have come out.
    /// </summary>
    public Interval ZeroShotAccuracy(string method, int r) => Of(method) is [var only] ? ZeroShotOverPictures(only, r) : Over(method, run => run.ZeroShot.AccuracyAt(r));

    /// <summary>Zero-shot top-r accuracy of one model with Wilson's interval over the pictures.</summary>
    public static Interval ZeroShotOverPictures(PretrainingRun run, int r) => Interval.Wilson(run.ZeroShot.CorrectAt[r], run.ZeroShot.Count);

    /// <summary>The mean difference of a value between two methods over the seeds that they share.</summary>
    public Interval Difference(string treated, string control, Func<PretrainingRun, double> value) =>
        Interval.PairedDifference([.. Of(treated).Select(value)], [.. Of(control).Select(value)]);

    /// <summary>The contrastive loss of a method along training: means over windows of steps, one value a seed in each.</summary>
    /// <param name="method">The method.</param>
    /// <param name="points">How many windows.</param>
    /// <returns>The windows' middle in pairs seen, and the values.</returns>
    public (IReadOnlyList<double> Pairs, IReadOnlyList<IReadOnlyList<double>> Losses) LossCurve(string method, int points = 40)
    {
        var runs = Of(method);
        var steps = runs.Min(r => r.ContrastiveLoss.Count);
        var windows = Enumerable.Range(0, Math.Min(points, steps)).Select(k => (From: k * steps / Math.Min(points, steps), To: (k + 1) * steps / Math.Min(points, steps))).ToArray();
        return (
            [.. windows.Select(w => (w.From + w.To) / 2.0 * runs[0].Training.BatchSize)],
            [.. windows.Select(w => (IReadOnlyList<double>)[.. runs.Select(r => r.ContrastiveLoss.Skip(w.From).Take(w.To - w.From).Average())])]);
    }

    private static PretrainingRun Train(NotebookSession session, PretrainingData data, RunHead head, IContrastiveLoss loss, long seed)
    {
        using var scope = NewDisposeScope();
        var settings = data.Settings;
        var tokenizer = data.Tokenizer;
        // One document for each (data, profile, method, seed): a second run of the same replaces it.
        var document = RunDocument.Start(session.Output, FormattableString.Invariant($"{session.Notebook}-{data.Name}-{session.ProfileName}-{loss.Name}-seed{seed}"), head,
            new { Method = loss.Name, RegWeight = (loss as ClipRegLoss)?.Weight, Seed = seed, Data = data.Train.Description, ZeroShot = data.Labelled.Description, settings });
        Seeds.Fix(Seeds.Derive(seed, "first weights"));
        using var model = new DualEncoder(settings.Model.ForTokens(tokenizer.VocabularySize, tokenizer.ContextLength, tokenizer.EndId));
        var loader = new PairLoader(data.Train, data.TrainPixels, tokenizer, settings.BatchSize, Seeds.Derive(seed, "pairs"));
        var training = settings.Training with { Seed = seed, Label = FormattableString.Invariant($"{loss.Name} seed {seed}"), LogPath = document.MetricsPath };
        using var trainer = new Trainer(model, loss, loader, training);
        var trained = trainer.Train();
        Interrupt.Token.ThrowIfCancellationRequested();
        var run = Measure(model, data, trained, seed, document.Folder);
        document.Finish(run.Summary());
        return run;
    }

    private static PretrainingRun Measure(DualEncoder model, PretrainingData data, TrainingResult trained, long seed, string folder)
    {
        var settings = data.Settings;
        var classifier = ZeroShot.Classifier(model, data.Tokenizer, data.Labelled.ClassNames, data.Labelled.Templates);
        var labels = data.LabelledPixels.Usable.Select(data.Labelled.Label).ToArray();
        var zeroShot = ZeroShot.Evaluate(Embeddings.Images(model, data.LabelledPixels), classifier, labels, 5);
        using var pairs = HeldOutPairs.Embed(model, data.Tokenizer, data.HeldOut, data.HeldOutPixels);
        var shown = Enumerable.Range(0, pairs.Captions.Count).DistinctBy(text => pairs.ImageOfText[text]).Take(settings.ShownCaptions)
            .Select(text => new FoundImages(
                pairs.Captions[text], pairs.ImageNumbers[pairs.ImageOfText[text]], [.. pairs.BestImages(text, settings.ShownImages).Select(row => pairs.ImageNumbers[row])]));
        var batch = Math.Min(settings.BatchSize, pairs.ImageNumbers.Count);
        return new PretrainingRun(
            trained.Method, seed, trained, zeroShot, pairs.Retrieval(), pairs.Margins(batch), pairs.Margins(batch, MarginKind.BestOther), pairs.Geometry(),
            1 / model.LogitScale.Value().item<float>(), [.. shown], folder);
    }
}
