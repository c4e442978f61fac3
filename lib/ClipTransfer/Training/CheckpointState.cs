using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ClipTransfer.Models;
using ClipTransfer.Runtime;

namespace ClipTransfer.Training;

/// <summary>What <c>state.json</c> of a checkpoint holds: where the run stands, and what decides how it goes on.</summary>
/// <remarks>
/// There is no state of a random generator: every step starts its own from (<see cref="TrainingSettings.Seed"/>, step), and order and captions are a function of (the
/// loader's seed, epoch). The schedule is a function of the step and of <see cref="Settings"/>.
/// </remarks>
public sealed record CheckpointState
{
    internal const int CurrentFormat = 1;

    /// <summary>The format of the folder; another number is refused.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Steps done, skipped ones included: the next step's number. The run log is cut back to it.</summary>
    public required int Step { get; init; }

    /// <summary>The epoch of the next step.</summary>
    public required int Epoch { get; init; }

    /// <summary>The batch of the next step within its epoch.</summary>
    public required int Batch { get; init; }

    /// <summary>t of AdamW: steps taken, skipped ones left out.</summary>
    public required int OptimizerSteps { get; init; }

    /// <summary>The whole epochs so far.</summary>
    public required IReadOnlyList<EpochRecord> Epochs { get; init; }

    /// <summary>The step after the epoch with the lowest held-out loss; null where none was measured.</summary>
    public required int? BestStep { get; init; }

    /// <summary>The loss's name.</summary>
    public required string Method { get; init; }

    /// <summary>The pairs and their order: <see cref="Data.PairLoader.Description"/>.</summary>
    public required string Data { get; init; }

    /// <summary>How the model is trained.</summary>
    public required TrainingSettings Settings { get; init; }

    /// <summary>What it computes in: a resumed run keeps to it, where the setting is <see cref="Runtime.Precision.Auto"/> and another measurement might choose otherwise.</summary>
    public PrecisionPolicy Precision { get; init; } = PrecisionPolicy.Float32;

    /// <summary>What the model was made from.</summary>
    public required DualEncoderSettings Model { get; init; }

    internal static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter(), new FiniteOrNull() },
    };

    /// <summary>Whether another run takes the same steps: method, data, model and every setting that decides a step.</summary>
    /// <exception cref="InputException">It does not: names the first difference.</exception>
    internal void MustFit(CheckpointState run, string path)
    {
        if (JsonDifference.First(run.Deciding(), Deciding()) is not { } difference) return;
        throw new InputException(
            path, $"was made with {difference.Path} {difference.Right}, and this run has {difference.Left}", "Resume with the settings of the checkpoint, or start a new run");
    }

    private JsonObject Deciding()
    {
        var steps = Settings with
        {
            LogPath = null,
            Label = null,
            Progress = true,
            CheckpointFolder = null,
            CheckpointEvery = 0,
            KeepCheckpoints = 1,
            Patience = 0,
            MostBadSteps = 0,
        };
        return new JsonObject
        {
            ["method"] = Method,
            ["data"] = Data,
            ["settings"] = JsonSerializer.SerializeToNode(steps, Json),
            ["model"] = JsonSerializer.SerializeToNode(Model, Json),
        };
    }
}
