namespace ClipTransfer.Training;

/// <summary>One epoch of a training.</summary>
/// <param name="Epoch">Number of the epoch, from 0.</param>
/// <param name="Steps">Steps in it.</param>
/// <param name="Loss">Mean of the steps' losses, skipped steps left out.</param>
/// <param name="Terms">Means of the terms.</param>
/// <param name="LogitScale">1/τ before the last step.</param>
/// <param name="Seconds">Time it took.</param>
/// <param name="PairsPerSecond">Pairs a second over the whole epoch.</param>
public sealed record EpochRecord(
    int Epoch, int Steps, double Loss, IReadOnlyDictionary<string, double> Terms, double LogitScale, double Seconds, double PairsPerSecond)
{
    /// <summary>The summary of an epoch's steps.</summary>
    internal static EpochRecord Of(IReadOnlyList<StepRecord> steps, double seconds, int batchSize)
    {
        var taken = steps.Where(s => !s.Skipped).ToArray();
        if (taken.Length == 0) taken = [.. steps];
        var terms = taken[0].Terms.Keys.ToDictionary(name => name, name => taken.Average(s => s.Terms[name]));
        return new EpochRecord(steps[0].Epoch, steps.Count, taken.Average(s => s.Loss), terms, steps[^1].LogitScale, seconds, steps.Count * batchSize / seconds);
    }
}
