using System.Text.Json.Serialization;

namespace ClipTransfer.Training;

/// <summary>One step of a training, as the run log has it.</summary>
/// <param name="Step">Number of the step over the whole run, from 0.</param>
/// <param name="Epoch">Number of the epoch, from 0.</param>
/// <param name="Loss">The total loss before the step.</param>
/// <param name="Terms">The loss's terms by name, without their weights.</param>
/// <param name="LogitScale">1/τ before the step.</param>
/// <param name="LearningRate">The schedule's learning rate, of which each part has its own multiple.</param>
/// <param name="GradientNorm">The gradients' global norm before clipping.</param>
/// <param name="PairsPerSecond">B over the step's time, data included.</param>
/// <param name="DataWait">Seconds in which the step waited for its batch.</param>
/// <param name="Memory">Bytes of memory that the process holds.</param>
/// <param name="Skipped">Whether the step was not taken, because loss or gradient were not finite.</param>
public sealed record StepRecord(
    int Step, int Epoch, double Loss, IReadOnlyDictionary<string, double> Terms, double LogitScale, double LearningRate,
    double GradientNorm, double PairsPerSecond, double DataWait, long Memory, bool Skipped)
{
    /// <summary>Seconds of the step that the first of several processes spent in exchanging numbers with the others, waiting for them included.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double Communication { get; init; }

    /// <summary>The parts' learning rates where they differ; null where all have <see cref="LearningRate"/>, and in logs of versions that did not tell.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PartRates? Rates { get; init; }
}
