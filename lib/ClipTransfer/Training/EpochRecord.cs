namespace ClipTransfer.Training;

/// <summary>One epoch of a training.</summary>
/// <param name="Epoch">Number of the epoch, from 0.</param>
/// <param name="Steps">Steps in it.</param>
/// <param name="Loss">Mean of the steps' losses, skipped steps left out.</param>
/// <param name="Terms">Means of the terms.</param>
/// <param name="LogitScale">1/τ before the last step.</param>
/// <param name="Seconds">Time it took, evaluation and checkpoints left out.</param>
/// <param name="PairsPerSecond">Pairs a second over the whole epoch.</param>
/// <param name="ValidationLoss">The loss on held-out pairs after it; NaN where there are none.</param>
public sealed record EpochRecord(
    int Epoch, int Steps, double Loss, IReadOnlyDictionary<string, double> Terms, double LogitScale, double Seconds, double PairsPerSecond,
    double ValidationLoss = double.NaN)
{
    /// <summary>The summary of an epoch's steps.</summary>
    internal static EpochRecord Of(IReadOnlyList<StepRecord> steps, int batchSize, double validationLoss)
    {
        var taken = steps.Where(s => !s.Skipped).ToArray();
        if (taken.Length == 0) taken = [.. steps];
        var terms = taken[0].Terms.Keys.ToDictionary(name => name, name => taken.Average(s => s.Terms[name]));
        var seconds = steps.Sum(s => batchSize / s.PairsPerSecond);
        return new EpochRecord(
            steps[0].Epoch, steps.Count, taken.Average(s => s.Loss), terms, steps[^1].LogitScale, seconds, steps.Count * batchSize / seconds, validationLoss);
    }

    /// <summary>The epoch with the lowest held-out loss, the first of equal ones; null where none was measured.</summary>
    internal static EpochRecord? Best(IEnumerable<EpochRecord> epochs) => epochs.Where(e => double.IsFinite(e.ValidationLoss)).MinBy(e => e.ValidationLoss);
}
