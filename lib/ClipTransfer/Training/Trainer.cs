using System.Diagnostics;
using System.Globalization;
using ClipTransfer.Data;
using ClipTransfer.Losses;
using ClipTransfer.Models;
using ClipTransfer.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Training;

/// <summary>Trains a dual encoder by a contrastive loss: AdamW with warm-up, cosine and clipping, as CLIP and CyCLIP do.</summary>
/// <remarks>
/// A step is a function of weights, moments, step number and settings alone. So a run that was killed and resumed from a checkpoint ends, on one machine with one
/// number of threads, with bit-equal weights. What it does, without log, checkpoints and the guard against what is not finite, is this:
/// <code>
/// using var parameters = new FlatParameters(model);
/// using var optimizer = new FlatAdamW(parameters, settings);
/// using var gradients = new GradCache(model, loss);
/// for (var (epoch, step) = (0, 0); epoch &lt; settings.Epochs; epoch++)
///     foreach (var batch in loader.Epoch(epoch))
///     {
///         using var scope = NewDisposeScope();
///         optimizer.ZeroGradients();
///         gradients.Backward(batch, rows => PixelNormalisation.Apply(rows.Pixels.to(TorchRuntime.Device)), Seeds.Derive(settings.Seed, "step", step));
///         optimizer.Step(schedule.Factor(step++), optimizer.GradientNorm());
///         model.LogitScale.Clamp();
///         batch.Dispose();
///     }
/// </code>
/// </remarks>
public sealed class Trainer : IDisposable
{
    private readonly DualEncoder _model;
    private readonly IContrastiveLoss _loss;
    private readonly PairLoader _loader;
    private readonly TrainingSettings _settings;
    private readonly WarmupCosine _schedule;
    private readonly GradCache _gradients;
    private readonly RunningBuffers _buffers;
    private readonly CheckpointFolder? _checkpoints;
    private readonly List<StepRecord> _steps = [];
    private readonly List<EpochRecord> _epochs = [];
    private FlatParameters _parameters;
    private FlatAdamW _optimizer;
    private string? _lastCheckpoint;
    private int _epoch;
    private int _batch;
    private int _badSteps;

    /// <summary>Makes ready to train on <see cref="TorchRuntime.Device"/>, to which the model moves.</summary>
    /// <exception cref="InputException">A setting is out of range.</exception>
    public Trainer(DualEncoder model, IContrastiveLoss loss, PairLoader loader, TrainingSettings settings)
    {
        (_model, _loss, _loader, _settings) = (model, loss, loader, settings.Checked());
        // The optimiser comes after the move, which replaces parameters.
        model.to(TorchRuntime.Device);
        _schedule = WarmupCosine.Of(settings.Epochs * loader.BatchesPerEpoch, settings.WarmupShare);
        _parameters = new FlatParameters(model, PrecisionPolicy.Choose(settings.Precision));
        _optimizer = new FlatAdamW(_parameters, settings);
        _gradients = new GradCache(model, loss, settings.ChunkSize);
        _buffers = new RunningBuffers(model);
        _checkpoints = settings.CheckpointFolder is { } folder ? new CheckpointFolder(folder, settings.KeepCheckpoints) : null;
    }

    /// <summary>Held-out pairs, whose loss is measured after each epoch; null measures none.</summary>
    public PairLoader? Validation { get; init; }

    /// <summary>Texts that each checkpoint holds beside the state, by file name: what is needed to evaluate it alone.</summary>
    public IReadOnlyDictionary<string, string> Attached { get; init; } = new Dictionary<string, string>();

    /// <summary>Called after each epoch, with the model in training mode; what it does is not part of the training's time.</summary>
    public Action<EpochRecord>? AfterEpoch { get; init; }

    private bool StoppedEarly => _settings.Patience > 0 && EpochRecord.Best(_epochs) is { } best && _epochs.Count - 1 - best.Epoch >= _settings.Patience;

    /// <summary>Goes on where a checkpoint was made: weights, optimiser, place in the data, and the log's steps up to there. Call it before <see cref="Train"/>.</summary>
    /// <exception cref="InputException">The checkpoint is of another run, or the log lacks steps before it.</exception>
    public void Resume(Checkpoint checkpoint)
    {
        var state = checkpoint.State;
        state.MustFit(State(), checkpoint.Folder);
        if ((state.Precision.Working, state.Precision.ChannelsLast) != (_parameters.Policy.Working, _parameters.Policy.ChannelsLast))
        {
            _optimizer.Dispose();
            _parameters.Dispose();
            _parameters = new FlatParameters(_model, state.Precision);
            _optimizer = new FlatAdamW(_parameters, _settings);
        }

        _steps.Clear();
        if (_settings.LogPath is { } log)
        {
            _steps.AddRange(RunLog.Read(log).Take(state.Step).TakeWhile((record, k) => record.Step == k));
            if (_steps.Count < state.Step)
                throw new InputException(log, $"lacks step {_steps.Count}, and the checkpoint is of step {state.Step}", "Put the run's log back, or start the run anew");
        }

        checkpoint.Restore(_model, _parameters, _optimizer);
        _epochs.Clear();
        _epochs.AddRange(state.Epochs);
        (_epoch, _batch, _lastCheckpoint) = (state.Epoch, state.Batch, checkpoint.Folder);
    }

    /// <summary>Trains to the last step, until the held-out loss ends it, or until Ctrl-C. The model is in evaluation mode afterwards.</summary>
    /// <exception cref="InputException">Loss or gradient were not finite too many steps in a row: names the step and the last good checkpoint.</exception>
    public TrainingResult Train()
    {
        using var log = _settings.LogPath is null ? null : RunLog.Open(_settings.LogPath, _steps.Count);
        var progress = new ProgressLine(_settings.Label ?? _loss.Name, (long)_schedule.TotalSteps * _loader.BatchSize, "pairs") { DoneBefore = (long)_steps.Count * _loader.BatchSize, Curve = "loss" };
        _model.train();
        while (_epoch < _settings.Epochs && !StoppedEarly && !Interrupt.Token.IsCancellationRequested)
        {
            var since = Stopwatch.GetTimestamp();
            foreach (var batch in _loader.Epoch(_epoch, from: _batch))
            {
                using (batch) _steps.Add(Step(batch, ref since));
                _batch++;
                log?.Write(_steps[^1]);
                if (_settings.Progress) progress.Report((long)_steps.Count * _loader.BatchSize, $"loss {_steps[^1].Loss.ToString("0.000", CultureInfo.InvariantCulture)}", _steps[^1].Loss);
                var interrupted = Interrupt.Token.IsCancellationRequested;
                if (_batch < _loader.BatchesPerEpoch && (interrupted || (_settings.CheckpointEvery > 0 && _steps.Count % _settings.CheckpointEvery == 0)))
                {
                    SaveCheckpoint(log);
                    since = Stopwatch.GetTimestamp();
                }

                if (interrupted) break;
            }

            if (_batch == _loader.BatchesPerEpoch) EndEpoch(log);
        }

        if (_settings.Progress) progress.Finish();
        _model.eval();
        var early = StoppedEarly;
        return new TrainingResult(
            _loss.Name, _loader.BatchSize, _settings, _steps, _epochs, _steps.Sum(s => _loader.BatchSize / s.PairsPerSecond), _epoch < _settings.Epochs && !early, early)
        { Precision = _parameters.Policy };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _buffers.Dispose();
        _gradients.Dispose();
        _optimizer.Dispose();
        _parameters.Dispose();
    }

    private StepRecord Step(PairBatch batch, ref long since)
    {
        using var scope = NewDisposeScope();
        var step = _steps.Count;
        var rate = _schedule.Factor(step);
        var logitScale = _model.LogitScale.Value();
        _buffers.Keep();
        _optimizer.ZeroGradients();
        var loss = _gradients.Backward(batch, Pixels, Seeds.Derive(_settings.Seed, "step", step));
        var norm = _optimizer.GradientNorm();

        var terms = loss.Terms.ToDictionary(term => term.Key, term => (double)term.Value.item<float>());
        var total = (double)loss.Total.item<float>();
        var scale = (double)logitScale.item<float>();
        var bad = !double.IsFinite(total) || !double.IsFinite(norm);
        if (bad)
        {
            _buffers.PutBack(); // running averages must not keep what was not finite
            CountBadStep(step, total, norm);
        }
        else
        {
            _badSteps = 0;
            _optimizer.Step(rate, norm);
            _model.LogitScale.Clamp();
        }

        var now = Stopwatch.GetTimestamp();
        var seconds = Stopwatch.GetElapsedTime(since, now).TotalSeconds;
        since = now;
        return new StepRecord(step, _epoch, total, terms, scale, rate * _settings.LearningRate, norm, batch.Count / seconds, batch.WaitSeconds, Environment.WorkingSet, bad);
    }

    private Tensor Pixels(PairBatch rows)
    {
        var pixels = PixelNormalisation.Apply(rows.Pixels.to(TorchRuntime.Device, non_blocking: true));
        return _settings.Augmentation is { } augmentation ? augmentation.Apply(pixels, rows.Images, _settings.Seed, _epoch) : pixels;
    }

    private void CountBadStep(int step, double loss, double norm)
    {
        if (++_badSteps <= _settings.MostBadSteps) return;
        throw new InputException(
            $"training {_loss.Name}, step {step}",
            string.Create(CultureInfo.InvariantCulture, $"loss {loss} and gradient norm {norm} are not finite, and so were the {_badSteps - 1} steps before"),
            "Lower the learning rate or the logit scale" + (_lastCheckpoint is null ? "" : $"; the last good checkpoint is {_lastCheckpoint}"));
    }

    private void EndEpoch(RunLog? log)
    {
        var held = Validation is null ? double.NaN : HeldOutLoss.Measure(_model, _loss, Validation).Loss;
        _epochs.Add(EpochRecord.Of([.. _steps.Where(s => s.Epoch == _epoch)], _loader.BatchSize, held));
        (_epoch, _batch) = (_epoch + 1, 0);
        SaveCheckpoint(log);
        AfterEpoch?.Invoke(_epochs[^1]);
    }

    // Not from weights that are not finite, nor while steps are being skipped: the checkpoints before are better ones to go back to.
    private void SaveCheckpoint(RunLog? log)
    {
        if (_checkpoints is null || _badSteps > 0) return;
        using var scope = NewDisposeScope();
        var model = TrainedTensors.Model(_model, _parameters).ToArray();
        if (!TrainedTensors.AreFinite(model)) return;
        log!.FlushToDisk();
        _lastCheckpoint = _checkpoints.Write(State(), model, TrainedTensors.Moments(_parameters, _optimizer), Attached);
    }

    private CheckpointState State() => new()
    {
        Step = _steps.Count,
        Epoch = _epoch,
        Batch = _batch,
        OptimizerSteps = _optimizer.Steps,
        Epochs = [.. _epochs],
        BestStep = EpochRecord.Best(_epochs) is { } best ? (best.Epoch + 1) * _loader.BatchesPerEpoch : null,
        Method = _loss.Name,
        Data = _loader.Description,
        Settings = _settings,
        Precision = _parameters.Policy,
        Model = _model.Settings,
    };
}
