namespace ClipTransfer.Evaluation;

/// <summary>What a classifier on frozen features gave on N test images of K classes.</summary>
/// <param name="Classes">K.</param>
/// <param name="Weight">λ, the decay that was chosen; NaN where none is.</param>
/// <param name="Ranks">For each test image the rank of its own class, 0 is right.</param>
public sealed record ProbeResult(int Classes, double Weight, IReadOnlyList<int> Ranks)
{
    /// <summary>N.</summary>
    public int Count => Ranks.Count;

    /// <summary>Images whose class came first.</summary>
    public int Correct => Ranks.Count(rank => rank == 0);

    /// <summary>Top-1 accuracy.</summary>
    public double Accuracy => (double)Correct / Count;

    internal static ProbeResult Of(IReadOnlyList<int> ranks, int classes, double weight) => new(classes, weight, ranks);
}
