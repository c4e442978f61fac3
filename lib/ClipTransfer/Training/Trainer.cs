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
public sealed class Trainer : IDisposable
{
    private readonly DualEncoder _model;
    private readonly IContrastiveLoss _loss;
    private readonly PairLoader _loader;
    private readonly TrainingSettings _settings;
    private readonly WarmupCosine _schedule;
    private readonly FlatParameters _parameters;
    private readonly FlatAdamW _optimizer;
    private readonly List<StepRecord> _steps = [];
    private readonly List<EpochRecord> _epochs = [];
    private int _badSteps;

    /// <summary>Makes ready to train on <see cref="TorchRuntime.Device"/>, to which the model moves.</summary>
    /// <exception cref="InputException">A setting is out of range.</exception>
    public Trainer(DualEncoder model, IContrastiveLoss loss, PairLoader loader, TrainingSettings settings)
    {
        (_model, _loss, _loader, _settings) = (model, loss, loader, settings.Checked());
        // The optimiser comes after the move, which replaces parameters.
        model.to(TorchRuntime.Device);
        _schedule = WarmupCosine.Of(settings.Epochs * loader.BatchesPerEpoch, settings.WarmupShare);
        _parameters = new FlatParameters(model);
        _optimizer = new FlatAdamW(_parameters, settings);
    }

    /// <summary>Called after each epoch, with the model in training mode; what it does is not part of the training's time.</summary>
    public Action<EpochRecord>? AfterEpoch { get; init; }

    /// <summary>Trains to the last step, or until Ctrl-C. The model is in evaluation mode afterwards.</summary>
    /// <exception cref="InputException">Loss or gradient were not finite too many steps in a row: names the step.</exception>
    public TrainingResult Train()
    {
        using var log = _settings.LogPath is null ? null : RunLog.Open(_settings.LogPath);
        var progress = new ProgressLine(_settings.Label ?? _loss.Name, (long)_schedule.TotalSteps * _loader.BatchSize, "pairs");
        var clock = new Stopwatch();
        _model.train();
        for (var epoch = 0; epoch < _settings.Epochs && !Interrupt.Token.IsCancellationRequested; epoch++)
        {
            var (first, before) = (_steps.Count, clock.Elapsed);
            clock.Start();
            var called = Stopwatch.GetTimestamp();
            foreach (var batch in _loader.Epoch(epoch))
            {
                using (batch) _steps.Add(Step(batch, epoch, called));
                log?.Write(_steps[^1]);
                if (_settings.Progress) progress.Report((long)_steps.Count * _loader.BatchSize, $"loss {_steps[^1].Loss.ToString("0.000", CultureInfo.InvariantCulture)}");
                if (Interrupt.Token.IsCancellationRequested) break;
                called = Stopwatch.GetTimestamp();
            }

            clock.Stop();
            if (_steps.Count - first < _loader.BatchesPerEpoch) break;
            _epochs.Add(EpochRecord.Of(_steps[first..], (clock.Elapsed - before).TotalSeconds, _loader.BatchSize));
            AfterEpoch?.Invoke(_epochs[^1]);
        }

        if (_settings.Progress) progress.Finish();
        _model.eval();
        return new TrainingResult(_loss.Name, _loader.BatchSize, _settings, _steps, _epochs, clock.Elapsed.TotalSeconds, _steps.Count < _schedule.TotalSteps);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        _parameters.Dispose();
    }

    private StepRecord Step(PairBatch batch, int epoch, long called)
    {
        using var scope = NewDisposeScope();
        var waited = Stopwatch.GetElapsedTime(called).TotalSeconds;
        var step = _steps.Count;
        Seeds.Fix(Seeds.Derive(_settings.Seed, "step", step));
        var rate = _schedule.Factor(step);

        var image = _model.EncodeImage(PixelNormalisation.Apply(batch.Pixels.to(TorchRuntime.Device)));
        var text = _model.EncodeText(batch.Tokens);
        var logitScale = _model.LogitScale.Value();
        var loss = _loss.Compute(image, text, logitScale);
        _optimizer.ZeroGradients();
        loss.Total.backward();
        var norm = _optimizer.GradientNorm();

        var terms = loss.Terms.ToDictionary(term => term.Key, term => (double)term.Value.item<float>());
        var total = (double)loss.Total.item<float>();
        var scale = (double)logitScale.item<float>();
        var bad = !double.IsFinite(total) || !double.IsFinite(norm);
        if (bad) CountBadStep(step, total, norm);
        else
        {
            _badSteps = 0;
            _optimizer.Step(rate, norm);
            _model.LogitScale.Clamp();
        }

        var seconds = Stopwatch.GetElapsedTime(called).TotalSeconds;
        return new StepRecord(step, epoch, total, terms, scale, rate * _settings.LearningRate, norm, batch.Count / seconds, waited, Environment.WorkingSet, bad);
    }

    private void CountBadStep(int step, double loss, double norm)
    {
        if (++_badSteps <= _settings.MostBadSteps) return;
        throw new InputException(
            $"training {_loss.Name}, step {step}",
            string.Create(CultureInfo.InvariantCulture, $"loss {loss} and gradient norm {norm} are not finite, and so were the {_badSteps - 1} steps before"),
            "Lower the learning rate or the logit scale");
    }
}
