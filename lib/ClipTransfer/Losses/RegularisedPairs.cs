namespace ClipTransfer.Losses;

/// <summary>On which pairs of a batch the regulariser acts.</summary>
public enum RegularisedPairs
{
    /// <summary>Positive pairs are drawn together: the paper's one-sided regulariser.</summary>
    Positives,

    /// <summary>Negative pairs are pushed apart, unintended positives among them.</summary>
    Negatives,

    /// <summary>Both.</summary>
    Both,
}
