using System.Text.Json.Serialization;
using ClipTransfer.Evaluation;
using ClipTransfer.Models.Weights;
using ClipTransfer.Runtime;

namespace ClipTransfer.Results;

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

    /// <summary>What each tower started from, where the settings ask for public weights.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<StartingWeights>? Start { get; init; }

    /// <summary>The joint space, where the grid asks for it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JointSpaceRecord? JointSpace { get; init; }

    /// <summary>Device, threads, versions, and the precision that the training computed in.</summary>
    public required RuntimeDescription Machine { get; init; }

    /// <summary>When it ended, UTC.</summary>
    public required DateTime Ended { get; init; }

    /// <summary>The method's name.</summary>
    public string Method => Settings.Method.Name;

    /// <summary>The seed of weights and order.</summary>
    public long Seed => Settings.Seed;
}
