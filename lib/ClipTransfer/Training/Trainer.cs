using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ClipTransfer.Data;
using ClipTransfer.Losses;
using ClipTransfer.Models;
using ClipTransfer.Runtime;
using ClipTransfer.Training.Distributed;
using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Training;

/// <summary>Trains a dual encoder by a contrastive loss: AdamW with warm-up, cosine and clipping, as CLIP and CyCLIP do.</summary>
/// <remarks>
/// A step is a function of weights, moments, step number and settings alone. So a run that was killed and resumed from a checkpoint ends, on one machine with one
/// number of threads, with bit-equal weights. One that was killed before its first checkpoint starts anew, which gives the same bits with a fixed precision only:
/// <see cref="Precision.Auto"/> measures again, and may choose otherwise. What it does, without log, checkpoints and the guard against what is not finite, is this:
/// <code>
/// using var parameters = new FlatParameters(model);
/// using var optimizer = new FlatAdamW(parameters, settings);
/// using var gradients = new GradCache(model, loss);
/// for (var (epoch, step) = (0, 0); epoch &lt; settings.Epochs; epoch++)
///     foreach (var batch in loader.Epoch(epoch)) // of n processes each takes loader.Part(rank, n)
///     {
///         using var scope = NewDisposeScope();
///         optimizer.ZeroGradients();
///         gradients.Backward(batch, rows => PixelNormalisation.Apply(rows.Pixels.to(TorchRuntime.Device)), Seeds.Derive(settings.Seed, "step", step));
///         parameters.SumGradients(across); // over the processes
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
    private readonly ICommunicator _across;
    private readonly CheckpointFolder? _checkpoints;
    private readonly List<StepRecord> _steps = [];
    private readonly List<EpochRecord> _epochs = [];
    private FlatParameters _parameters;
    private FlatAdamW _optimizer;
    private string? _lastCheckpoint;
    private int _epoch;
    private int _batch;
    private int _badSteps;
    private bool _stopAgreed;

    /// <summary>Makes ready to train on <see cref="TorchRuntime.Device"/>, to which the model moves.</summary>
    /// <param name="model">The model.</param>
    /// <param name="loss">The loss over a batch.</param>
    /// <param name="loader">The batches; of several processes each gathers its rows of them.</param>
    /// <param name="settings">How it is trained.</param>
    /// <param name="across">The processes that train together, each with its own <see cref="Trainer"/>; null is this one alone. The first one writes log and checkpoints.</param>
    /// <exception cref="InputException">A setting is out of range.</exception>
    public Trainer(DualEncoder model, IContrastiveLoss loss, PairLoader loader, TrainingSettings settings, ICommunicator? across = null)
    {
        _across = across ?? new SingleProcess();
        (_model, _loss, _loader, _settings) = (model, loss, loader.Part(_across.Rank, _across.Size), settings.Checked());
        // The optimiser comes after the move, which replaces parameters.
        model.to(TorchRuntime.Device);
        _schedule = WarmupCosine.Of(settings.Epochs * loader.BatchesPerEpoch, settings.WarmupShare);
        _parameters = new FlatParameters(model, PrecisionPolicy.Choose(settings.Precision));
        _optimizer = new FlatAdamW(_parameters, settings);
        _gradients = new GradCache(model, loss, settings.ChunkSize, _across);
        _buffers = new RunningBuffers(model);
        _checkpoints = settings.CheckpointFolder is { } folder ? new CheckpointFolder(folder, settings.KeepCheckpoints) : null;
        if (_across.Size > 1 && !settings.LocalBatchNorm) SyncBatchNorm.Share(model, _across);
    }

    /// <summary>Held-out pairs, whose loss is measured after each epoch; null measures none.</summary>
    public PairLoader? Validation { get; init; }

    /// <summary>Texts that each checkpoint holds beside the state, by file name: what is needed to evaluate it alone.</summary>
    public IReadOnlyDictionary<string, string> Attached { get; init; } = new Dictionary<string, string>();

    /// <summary>Called after each epoch, with the model in training mode; what it does is not part of the training's time.</summary>
    public Action<EpochRecord>? AfterEpoch { get; init; }

    private bool IsFirst => _across.Rank == 0;

    private bool Stopping => _across.Size == 1 ? Interrupt.Token.IsCancellationRequested : _stopAgreed;

    private bool StoppedEarly => _settings.Patience > 0 && EpochRecord.Best(_epochs) is { } best && _epochs.Count - 1 - best.Epoch >= _settings.Patience;

    /// <summary>Goes on where a checkpoint was made: weights, optimiser, place in the data, and the log's steps up to there. Call it before <see cref="Train"/>, of several processes in the first one.</summary>
    /// <exception cref="InputException">The checkpoint is of another run, or the log lacks steps before it.</exception>
    public void Resume(Checkpoint checkpoint)
    {
        var state = checkpoint.State;
        state.MustFit(State(), checkpoint.Folder);
        var steps = new List<StepRecord>();
        if (_settings.LogPath is { } log)
        {
            steps.AddRange(RunLog.Read(log).Take(state.Step).TakeWhile((record, k) => record.Step == k));
            if (steps.Count < state.Step)
                throw new InputException(log, $"lacks step {steps.Count}, and the checkpoint is of step {state.Step}", "Put the run's log back, or start the run anew");
        }

        Adopt(state, steps);
        checkpoint.Restore(_model, _parameters, _optimizer);
        _lastCheckpoint = checkpoint.Folder;
    }

    /// <summary>Trains to the last step, until the held-out loss ends it, or until Ctrl-C. The model is in evaluation mode afterwards.</summary>
    /// <exception cref="InputException">Loss or gradient were not finite too many steps in a row: names the step and the last good checkpoint.</exception>
    public TrainingResult Train()
    {
        if (_across.Size > 1) TakeFirsts();
        using var log = _settings.LogPath is null || !IsFirst ? null : RunLog.Open(_settings.LogPath, _steps.Count);
        var progress = new ProgressLine(_settings.Label ?? _loss.Name, (long)_schedule.TotalSteps * _loader.BatchSize, "pairs") { DoneBefore = (long)_steps.Count * _loader.BatchSize, Curve = "loss" };
        var shown = _settings.Progress && IsFirst;
        _model.train();
        while (_epoch < _settings.Epochs && !StoppedEarly && !Stopping)
        {
            var since = Stopwatch.GetTimestamp();
            foreach (var batch in _loader.Epoch(_epoch, from: _batch))
            {
                using (batch) _steps.Add(Step(batch, ref since));
                _batch++;
                log?.Write(_steps[^1]);
                if (shown) progress.Report((long)_steps.Count * _loader.BatchSize, $"loss {_steps[^1].Loss.ToString("0.000", CultureInfo.InvariantCulture)}", _steps[^1].Loss);
                var interrupted = Stopping;
                if (_batch < _loader.BatchesPerEpoch && (interrupted || (_settings.CheckpointEvery > 0 && _steps.Count % _settings.CheckpointEvery == 0)))
                {
                    SaveCheckpoint(log);
                    since = Stopwatch.GetTimestamp();
                }

                if (interrupted) break;
            }

            if (_batch == _loader.BatchesPerEpoch) EndEpoch(log);
        }

        if (shown) progress.Finish();
        _model.eval();
        var early = StoppedEarly;
        return new TrainingResult(
            _loss.Name, _loader.BatchSize, _settings, _steps, _epochs, _steps.Sum(s => _loader.BatchSize / s.PairsPerSecond), _epoch < _settings.Epochs && !early, early)
        { Precision = _parameters.Policy };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        SyncBatchNorm.Share(_model, null);
        _buffers.Dispose();
        _gradients.Dispose();
        _optimizer.Dispose();
        _parameters.Dispose();
    }

    private StepRecord Step(PairBatch batch, ref long since)
    {
        using var scope = NewDisposeScope();
        var (step, communication) = (_steps.Count, _across.Seconds);
        var rate = _schedule.Factor(step);
        var logitScale = _model.LogitScale.Value();
        _buffers.Keep();
        // Alone, a process may do it again; among several it would wait for the others.
        var totals = _across.Size > 1 ? Gradients(batch, step) : NativeErrors.TriedTwice(() => Gradients(batch, step), _ => _buffers.PutBack());

        var scale = (double)logitScale.item<float>();
        var bad = !double.IsFinite(totals.Loss) || !double.IsFinite(totals.GradientNorm);
        if (bad)
        {
            _buffers.PutBack(); // running averages must not keep what was not finite
            CountBadStep(step, totals);
        }
        else
        {
            _badSteps = 0;
            _optimizer.Step(rate, totals.GradientNorm);
            _model.LogitScale.Clamp();
        }

        _stopAgreed = totals.Stop;
        var now = Stopwatch.GetTimestamp();
        var seconds = Stopwatch.GetElapsedTime(since, now).TotalSeconds;
        since = now;
        return new StepRecord(
            step, _epoch, totals.Loss, totals.Terms, scale, rate * _settings.LearningRate, totals.GradientNorm, _loader.BatchSize / seconds, batch.WaitSeconds, Environment.WorkingSet, bad)
        { Communication = _across.Seconds - communication, Rates = RatesAt(rate) };
    }

    private StepTotals Gradients(PairBatch batch, int step)
    {
        _optimizer.ZeroGradients();
        // Rows of different processes must not draw the same dropout.
        var loss = _gradients.Backward(batch, Pixels, Seeds.Derive(_settings.Seed, "step", IsFirst ? [step] : [step, _across.Rank]));
        _parameters.SumGradients(_across);
        return StepTotals.Of(loss, _optimizer.GradientNorm(), _across);
    }

    private PartRates? RatesAt(double share) => (_settings.ImageRate, _settings.TextRate, _settings.HeadRate) is (1, 1, 1)
        ? null
        : new PartRates(_optimizer.LearningRate(ModelPart.Image, share), _optimizer.LearningRate(ModelPart.Text, share), _optimizer.LearningRate(ModelPart.Heads, share));

    private Tensor Pixels(PairBatch rows)
    {
        var pixels = PixelNormalisation.Apply(rows.Pixels.to(TorchRuntime.Device, non_blocking: true));
        return _settings.Augmentation is { } augmentation ? augmentation.Apply(pixels, rows.Images, _settings.Seed, _epoch) : pixels;
    }

    private void CountBadStep(int step, StepTotals totals)
    {
        if (++_badSteps <= _settings.MostBadSteps) return;
        throw new InputException(
            $"training {_loss.Name}, step {step}",
            string.Create(CultureInfo.InvariantCulture, $"loss {totals.Loss} and gradient norm {totals.GradientNorm} are not finite, and so were the {_badSteps - 1} steps before"),
            "Lower the learning rate or the logit scale" + (_lastCheckpoint is null ? "" : $"; the last good checkpoint is {_lastCheckpoint}"));
    }

    private void EndEpoch(RunLog? log)
    {
        if (_settings.LocalBatchNorm) _across.TakeFirstsBuffers(_model);
        var held = Validation is null ? double.NaN : HeldOutLoss.Measure(_model, _loss, Validation, _across).Loss;
        _epochs.Add(EpochRecord.Of([.. _steps.Where(s => s.Epoch == _epoch)], _loader.BatchSize, held));
        (_epoch, _batch) = (_epoch + 1, 0);
        SaveCheckpoint(log);
        AfterEpoch?.Invoke(_epochs[^1]);
    }

    // Not from weights that are not finite, nor while steps are being skipped: the checkpoints before are better ones to go back to.
    private void SaveCheckpoint(RunLog? log)
    {
        if (_checkpoints is null || _badSteps > 0) return;
        _across.MustHoldTheSame(_parameters);
        if (_settings.LocalBatchNorm) _across.TakeFirstsBuffers(_model);
        if (!IsFirst) return;
        using var scope = NewDisposeScope();
        var model = TrainedTensors.Model(_model, _parameters).ToArray();
        if (!TrainedTensors.AreFinite(model)) return;
        log!.FlushToDisk();
        _lastCheckpoint = _checkpoints.Write(State(), model, TrainedTensors.Moments(_parameters, _optimizer), Attached);
    }

    // All that the first process knows: it may have resumed from a checkpoint that the others do not see.
    private void TakeFirsts()
    {
        var state = JsonSerializer.Deserialize<CheckpointState>(_across.OfFirst(JsonSerializer.Serialize(State(), CheckpointState.Json)), CheckpointState.Json)!;
        var steps = RunLog.Parse(_across.OfFirst(RunLog.Text(_steps)), "run log");
        if (!IsFirst) Adopt(state, steps);
        _across.TakeFirsts(_model, _parameters, _optimizer);
    }

    private void Adopt(CheckpointState state, IReadOnlyList<StepRecord> steps)
    {
        if ((state.Precision.Working, state.Precision.ChannelsLast) != (_parameters.Policy.Working, _parameters.Policy.ChannelsLast))
        {
            _optimizer.Dispose();
            _parameters.Dispose();
            _parameters = new FlatParameters(_model, state.Precision);
            _optimizer = new FlatAdamW(_parameters, _settings);
        }

        _steps.Clear();
        _steps.AddRange(steps);
        _epochs.Clear();
        _epochs.AddRange(state.Epochs);
        (_epoch, _batch, _optimizer.Steps) = (state.Epoch, state.Batch, state.OptimizerSteps);
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
