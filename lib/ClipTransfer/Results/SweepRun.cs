using ClipTransfer.Data;
using ClipTransfer.Evaluation;
using ClipTransfer.Models;
using ClipTransfer.Models.Weights;
using ClipTransfer.Runtime;
using ClipTransfer.Theory;
using ClipTransfer.Training;
using static TorchSharp.torch;

namespace ClipTransfer.Results;

/// <summary>Trains one model of a grid and measures it.</summary>
public static class SweepRun
{
    private const int Windows = 40;

    /// <summary>Trains and measures.</summary>
    /// <param name="point">The run.</param>
    /// <param name="data">Its data.</param>
    /// <param name="document">Its document, started: where its step log goes, and its checkpoints where the settings ask for some (<see cref="TrainingSettings.CheckpointEvery"/>).</param>
    /// <param name="from">The checkpoint from which a stopped run goes on, to the summary of one that was not stopped; null starts it.</param>
    /// <exception cref="OperationCanceledException">Ctrl-C was pressed: where there are checkpoints, one of this moment too.</exception>
    public static SweepSummary Train(SweepPoint point, SweepData data, RunDocument document, Checkpoint? from = null)
    {
        using var scope = NewDisposeScope();
        var settings = point.Settings;
        Seeds.Fix(Seeds.Derive(settings.Seed, "first weights"));
        using var model = TrainingRun.ModelFor(data.Tokenizer, settings);
        var start = settings.PublicWeights ? StartingWeights.LoadPresent(model, data.Folder) : null;
        var loader = new PairLoader(data.Train, data.TrainPixels, data.Tokenizer, settings.BatchSize, Seeds.Derive(settings.Seed, "pairs"));
        var folder = new SweepFolder(document, settings.Training);
        var training = settings.Training with
        {
            Seed = settings.Seed,
            Label = FormattableString.Invariant($"{settings.Method.Name} seed {settings.Seed}"),
            LogPath = document.MetricsPath,
            CheckpointFolder = folder.Checkpoints,
        };
        var looks = folder.Looks(from?.State);
        using var trainer = new Trainer(model, settings.Method.Create(model.LogitBias), loader, training)
        {
            AfterEpoch = epoch =>
            {
                if (looks.IsDue(epoch.Epoch + 1)) looks.Add(Look(model, data, epoch.Epoch + 1));
            },
            // So that each checkpoint can be evaluated alone.
            Attached = folder.Checkpoints is null ? [] : new Dictionary<string, string> { [TrainingRun.SettingsName] = File.ReadAllText(document.ConfigPath), [data.TokenizerFile.Name] = data.TokenizerFile.Text },
        };
        // Of the first weights, which a checkpoint replaces.
        if (looks.Lacks(0)) looks.Add(Look(model, data, 0));
        var untrained = data.JointSpace?.MeasureUntrained(model, data.Tokenizer, settings);
        if (from is not null)
        {
            trainer.Resume(from);
            if (looks.Lacks(from.State.Epoch)) looks.Add(Look(model, data, from.State.Epoch));
        }

        var trained = trainer.Train();
        Interrupt.Token.ThrowIfCancellationRequested();

        using var pairs = HeldOutPairs.Embed(model, data.Tokenizer, data.HeldOut, data.HeldOutPixels);
        var batch = BatchOf(data);
        return new SweepSummary
        {
            Key = point.Key,
            Blocks = point.Blocks,
            Settings = settings,
            Steps = trained.Steps.Count,
            SkippedSteps = trained.SkippedSteps,
            Seconds = Math.Round(trained.Seconds, 2),
            PairsPerSecond = Math.Round(trained.PairsPerSecond, 1),
            LossCurve = Curve(trained),
            Temperature = 1 / model.LogitScale.Value().item<float>(),
            Retrieval = pairs.Retrieval(),
            Margins = [MarginSummary.Of(pairs.Margins(batch), batch), MarginSummary.Of(pairs.Margins(batch, MarginKind.BestOther), batch)],
            Epochs = looks.All,
            Start = start,
            // The probes' splits are those of the data, not of the training: models are compared on the same.
            Transfer = data.Bench.Measure(model, data.Tokenizer, settings.Data.Seed),
            JointSpace = data.JointSpace is { } bench ? new JointSpaceRecord(untrained, bench.Measure(model, data.Tokenizer)) : null,
            Machine = TorchRuntime.Describe().In(trained.Precision),
            Ended = DateTime.UtcNow,
        };
    }

    // All runs of a grid are measured at one batch size, whatever they were trained with.
    private static int BatchOf(SweepData data) => Math.Min(128, data.HeldOutPixels.Usable.Count);

    private static EpochGeometry Look(DualEncoder model, SweepData data, int epoch)
    {
        using var scope = NewDisposeScope();
        using var pairs = HeldOutPairs.Embed(model, data.Tokenizer, data.HeldOut, data.HeldOutPixels);
        return new EpochGeometry(epoch, pairs.Geometry(), pairs.Margins(BatchOf(data), MarginKind.BestOther).Median.Value, 1 / model.LogitScale.Value().item<float>());
    }

    private static LossWindow[] Curve(TrainingResult trained)
    {
        var taken = trained.Steps.Where(step => !step.Skipped).ToArray();
        var count = Math.Min(Windows, taken.Length);
        return [.. Enumerable.Range(0, count).Select(k =>
        {
            var window = taken[(k * taken.Length / count)..((k + 1) * taken.Length / count)];
            var middle = window.Average(step => step.Step + 0.5) * trained.BatchSize;
            return new LossWindow(middle, window.Average(step => step.Loss), window[0].Terms.Keys.ToDictionary(name => name, name => window.Average(step => step.Terms[name])));
        })];
    }
}
