using ClipTransfer.Evaluation;
using ClipTransfer.Runtime;
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
    [System.Text.Json.Serialization.JsonIgnore]
    public double Median => Quantiles[9];

    internal static MarginSummary Of(MarginSample sample, int batchSize) => new(
        sample.Kind, sample.Direction, batchSize, sample.Values.Count, sample.Mean.Value, [.. Levels.Select(level => sample.Quantile(level).Value)], sample.SharePositive.Value);
}

/// <summary>The joint space after an epoch.</summary>
/// <param name="Epoch">From 1; 0 is before training.</param>
/// <param name="Geometry">Over held-out pairs.</param>
/// <param name="MedianMargin">Median of own caption's score minus the best other's, in batches of held-out pairs.</param>
/// <param name="Temperature">τ.</param>
public sealed record EpochGeometry(int Epoch, Geometry Geometry, double MedianMargin, double Temperature);

/// <summary>Everything that one run of a grid measured: its <c>summary.json</c>, and an entry of the merged file.</summary>
public sealed record SweepSummary
{
    /// <summary>The run's key.</summary>
    public required string Key { get; init; }

    /// <summary>The blocks of the grid that ask for it.</summary>
    public required IReadOnlyList<string> Blocks { get; init; }

    /// <summary>Everything that decided it.</summary>
    public required TrainingRunSettings Settings { get; init; }

    /// <summary>Steps taken.</summary>
    public required int Steps { get; init; }

    /// <summary>Steps skipped since loss or gradient were not finite.</summary>
    public required int SkippedSteps { get; init; }

    /// <summary>Seconds of training.</summary>
    public required double Seconds { get; init; }

    /// <summary>Pairs a second of training.</summary>
    public required double PairsPerSecond { get; init; }

    /// <summary>The loss over windows of steps: pairs seen at their middle, and the mean of each term and of the total.</summary>
    public required IReadOnlyList<LossWindow> LossCurve { get; init; }

    /// <summary>τ at the end.</summary>
    public required double Temperature { get; init; }

    /// <summary>Retrieval among held-out pairs.</summary>
    public required RetrievalResult Retrieval { get; init; }

    /// <summary>Margins in batches of held-out pairs: against each other caption, and against the best other.</summary>
    public required IReadOnlyList<MarginSummary> Margins { get; init; }

    /// <summary>The joint space before training and after each epoch.</summary>
    public required IReadOnlyList<EpochGeometry> Epochs { get; init; }

    /// <summary>The downstream sets.</summary>
    public required TransferResult Transfer { get; init; }

    /// <summary>Device, threads, versions.</summary>
    public required RuntimeDescription Machine { get; init; }

    /// <summary>When it ended, UTC.</summary>
    public required DateTime Ended { get; init; }

    /// <summary>The method's name.</summary>
    public string Method => Settings.Method.Name;

    /// <summary>The seed of weights and order.</summary>
    public long Seed => Settings.Seed;
}

/// <summary>A stretch of the loss curve.</summary>
/// <param name="Pairs">Pairs seen at its middle.</param>
/// <param name="Loss">Mean of the total.</param>
/// <param name="Terms">Means of the terms.</param>
public sealed record LossWindow(double Pairs, double Loss, IReadOnlyDictionary<string, double> Terms);
