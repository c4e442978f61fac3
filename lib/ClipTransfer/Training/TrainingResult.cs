using ClipTransfer.Runtime;

namespace ClipTransfer.Training;

/// <summary>What a training did.</summary>
/// <param name="Method">The loss's name, for example <c>CLIP+Reg</c>.</param>
/// <param name="BatchSize">B; chance is a loss of ln B.</param>
/// <param name="Settings">How it was trained.</param>
/// <param name="Steps">Every step, in order: the loss curve.</param>
/// <param name="Epochs">Every whole epoch.</param>
/// <param name="Seconds">Time of training, evaluation left out.</param>
/// <param name="Interrupted">Whether Ctrl-C ended it before its last step.</param>
/// <param name="StoppedEarly">Whether the held-out loss ended it, having not fallen for <see cref="TrainingSettings.Patience"/> epochs.</param>
public sealed record TrainingResult(
    string Method, int BatchSize, TrainingSettings Settings, IReadOnlyList<StepRecord> Steps, IReadOnlyList<EpochRecord> Epochs, double Seconds, bool Interrupted,
    bool StoppedEarly = false)
{
    /// <summary>What the model computed in, and what that choice was measured by.</summary>
    public PrecisionPolicy Precision { get; init; } = PrecisionPolicy.Float32;

    /// <summary>The epoch with the lowest held-out loss; null where none was measured.</summary>
    public EpochRecord? Best => EpochRecord.Best(Epochs);

    /// <summary>Pairs a second over the whole training.</summary>
    public double PairsPerSecond => Steps.Count * BatchSize / Math.Max(Seconds, 1e-9);

    /// <summary>Steps that were skipped.</summary>
    public int SkippedSteps => Steps.Count(s => s.Skipped);

    /// <summary>The loss over the last tenth of the steps, at least one: steadier than the last step's.</summary>
    public double FinalLoss => Steps.TakeLast(Math.Max(1, Steps.Count / 10)).Average(s => s.Loss);
}
