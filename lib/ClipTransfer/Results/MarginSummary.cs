using System.Text.Json.Serialization;
using ClipTransfer.Theory;

namespace ClipTransfer.Results;

/// <summary>Margins of one definition in a few numbers.</summary>
/// <param name="Kind">What the own score is compared with.</param>
/// <param name="Direction">Which side stays fixed.</param>
/// <param name="BatchSize">B: a margin against more others is smaller.</param>
/// <param name="Count">How many margins.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Quantiles">The quantiles at 0.05, 0.10, … 0.95.</param>
/// <param name="SharePositive">The share above 0.</param>
public sealed record MarginSummary(MarginKind Kind, MarginDirection Direction, int BatchSize, int Count, double Mean, IReadOnlyList<double> Quantiles, double SharePositive)
{
    /// <summary>The levels of <see cref="Quantiles"/>.</summary>
    public static IReadOnlyList<double> Levels { get; } = [.. Enumerable.Range(1, 19).Select(k => k / 20.0)];

    /// <summary>The quantile at one half.</summary>
    [JsonIgnore]
    public double Median => Quantiles[9];

    internal static MarginSummary Of(MarginSample sample, int batchSize) => new(
        sample.Kind, sample.Direction, batchSize, sample.Values.Count, sample.Mean.Value, [.. Levels.Select(level => sample.Quantile(level).Value)], sample.SharePositive.Value);
}
