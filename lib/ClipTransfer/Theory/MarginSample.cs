namespace ClipTransfer.Theory;

/// <summary>What a score is compared with.</summary>
public enum MarginKind
{
    /// <summary>Own score minus the best of the others: above 0 exactly when the retrieval (or prediction) is right.</summary>
    BestOther,

    /// <summary>Own score minus the mean of the others.</summary>
    MeanOther,

    /// <summary>Own score minus each other, one value a pair: the histogram that comes nearest to the paper's Figure 2, whose definition is unknown [?].</summary>
    EachOther,
}

/// <summary>Which side stays fixed.</summary>
public enum MarginDirection
{
    /// <summary>An image among texts: rows of the score matrix.</summary>
    ImageToText,

    /// <summary>A text among images: columns of the score matrix.</summary>
    TextToImage,
}

/// <summary>Margins of one definition.</summary>
/// <param name="Kind">What the own score is compared with.</param>
/// <param name="Direction">Which side stays fixed.</param>
/// <param name="Values">The margins, in the order of the rows (or columns).</param>
public sealed record MarginSample(MarginKind Kind, MarginDirection Direction, IReadOnlyList<double> Values)
{
    private double[]? _sorted;

    /// <summary>Mean with its interval.</summary>
    /// <remarks>It treats the margins as independent. Those of one batch share its members, so over seeds use an interval over seeds.</remarks>
    public Estimate Mean => Estimate.Mean([.. Values]);

    /// <summary>A quantile with the interval from order statistics; 0.5 is the median, 0 the worst.</summary>
    public Estimate Quantile(double level) => Estimate.Quantile(_sorted ??= [.. Values.Order()], level);

    /// <summary>The median with its interval.</summary>
    public Estimate Median => Quantile(0.5);

    /// <summary>The share of margins above 0: accuracy when <see cref="Kind"/> is <see cref="MarginKind.BestOther"/>. A tie counts as wrong.</summary>
    public Estimate SharePositive => Estimate.Proportion(Values.Count(v => v > 0), Values.Count);

    /// <summary>Joins samples of one definition, for example batches.</summary>
    /// <exception cref="ArgumentException">None were given, or definitions differ.</exception>
    public static MarginSample Join(IReadOnlyCollection<MarginSample> samples)
    {
        if (samples.Count == 0) throw new ArgumentException("nothing to join", nameof(samples));
        var first = samples.First();
        if (samples.Any(s => s.Kind != first.Kind || s.Direction != first.Direction))
            throw new ArgumentException("margins of different definitions cannot be joined", nameof(samples));
        return new MarginSample(first.Kind, first.Direction, [.. samples.SelectMany(s => s.Values)]);
    }
}
