namespace ClipTransfer.Training;

/// <summary>The learning rate over a run, as a share of its highest value: linear warm-up, then a cosine to 0, as CLIP's and CyCLIP's code has it.</summary>
/// <param name="WarmupSteps">W, the steps of the warm-up.</param>
/// <param name="TotalSteps">T, all steps.</param>
public sealed record WarmupCosine(int WarmupSteps, int TotalSteps)
{
    /// <summary>The schedule of a run whose warm-up takes a share of it, rounded up to whole steps.</summary>
    public static WarmupCosine Of(int totalSteps, double warmupShare) => new((int)Math.Ceiling(warmupShare * totalSteps), totalSteps);

    /// <summary>Step t = 0 … T − 1: (t + 1)/W while t &lt; W, then (1 + cos(π (t − W)/(T − W)))/2.</summary>
    public double Factor(int step) => step < WarmupSteps
        ? (step + 1.0) / WarmupSteps
        : 0.5 * (1 + Math.Cos(Math.PI * (step - WarmupSteps) / Math.Max(1, TotalSteps - WarmupSteps)));
}
