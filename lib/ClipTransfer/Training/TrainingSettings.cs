using System.Text.Json.Serialization;
using ClipTransfer.Data;
using ClipTransfer.Runtime;

namespace ClipTransfer.Training;

/// <summary>How a model is trained. The defaults are those of a small model on two cores; CyCLIP's own are in paper.md, Section 5.</summary>
public sealed record TrainingSettings
{
    /// <summary>Passes over the pairs.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Decides the draws inside a step (dropout). Weights and order have seeds of their own, in model and loader.</summary>
    public long Seed { get; init; }

    /// <summary>The highest learning rate, reached after the warm-up.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>The image tower's learning rate as a multiple of <see cref="LearningRate"/>.</summary>
    public double ImageRate { get; init; } = 1;

    /// <summary>The text tower's learning rate as a multiple of <see cref="LearningRate"/>.</summary>
    public double TextRate { get; init; } = 1;

    /// <summary>The heads' and the logit scale's learning rate as a multiple of <see cref="LearningRate"/>.</summary>
    public double HeadRate { get; init; } = 1;

    /// <summary>The share of all steps over which the learning rate rises linearly; then it falls along a cosine to 0.</summary>
    public double WarmupShare { get; init; } = 0.1;

    /// <summary>AdamW's decoupled weight decay; norms, biases and the logit scale are left out of it.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>AdamW's β1.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's β2; CLIP's code takes 0.98 for transformers, CyCLIP's 0.999.</summary>
    public double Beta2 { get; init; } = 0.98;

    /// <summary>AdamW's ε.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>What the large layers compute in; weights, normalisation, softmax and losses are float32 always.</summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>The greatest global gradient norm; a longer gradient is scaled down to it. 0 leaves gradients as they are.</summary>
    public double GradientClip { get; init; } = 1;

    /// <summary>
    /// Most pairs that go through the towers at once; 0 takes the whole batch. The loss sees the whole batch in either case (<see cref="GradCache"/>), which needs the memory of
    /// a chunk and a third more work. Equal to the plain step in models without batch normalisation; with it, statistics are those of a chunk. In bfloat16 the chunks' gradients add up
    /// in bfloat16, so each chunk rounds the sum to 8 bits once more.
    /// </summary>
    public int ChunkSize { get; init; }

    /// <summary>
    /// Whether each of several processes normalises by the batch statistics of its own rows. By default their sums are taken over all rows ("SyncBatchNorm"), so that
    /// the training does not depend on how many processes share it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool LocalBatchNorm { get; init; }

    /// <summary>Random crops and flips of the pictures; null shows them as they are.</summary>
    public PixelAugmentation? Augmentation { get; init; }

    /// <summary>Ends the training when the held-out loss has not fallen for this many epochs; 0 never does. Needs held-out pairs (<see cref="Trainer.Validation"/>).</summary>
    public int Patience { get; init; }

    /// <summary>Where checkpoints go, at each epoch's end at least; null makes none. Needs a <see cref="LogPath"/>, from which a resumed run takes its earlier steps.</summary>
    public string? CheckpointFolder { get; init; }

    /// <summary>Steps between checkpoints within an epoch; 0 makes none there. In a grid a positive number keeps checkpoints of each run, from which a stopped run goes on.</summary>
    public int CheckpointEvery { get; init; }

    /// <summary>How many of the newest checkpoints are kept; the best by held-out loss is kept beside them.</summary>
    public int KeepCheckpoints { get; init; } = 3;

    /// <summary>How many steps in a row may give a loss or gradient that is not finite; each is skipped and counted, one more ends the training.</summary>
    public int MostBadSteps { get; init; } = 4;

    /// <summary>Where the run log goes, one JSON object a step; null keeps it in memory only.</summary>
    public string? LogPath { get; init; }

    /// <summary>Whether a line of progress is shown.</summary>
    public bool Progress { get; init; } = true;

    /// <summary>What the line of progress is about; null takes the loss's name.</summary>
    public string? Label { get; init; }

    /// <summary>The settings, if they can be trained with.</summary>
    /// <exception cref="InputException">A number is out of range: names it.</exception>
    public TrainingSettings Checked()
    {
        Need(Epochs >= 1, nameof(Epochs), Epochs, "at least 1");
        Need(LearningRate > 0, nameof(LearningRate), LearningRate, "positive");
        Need(ImageRate >= 0 && TextRate >= 0 && HeadRate >= 0, "ImageRate, TextRate, HeadRate", Math.Min(ImageRate, Math.Min(TextRate, HeadRate)), "not negative");
        Need(WarmupShare is >= 0 and < 1, nameof(WarmupShare), WarmupShare, "in [0, 1)");
        Need(WeightDecay >= 0, nameof(WeightDecay), WeightDecay, "not negative");
        Need(Beta1 is >= 0 and < 1, nameof(Beta1), Beta1, "in [0, 1)");
        Need(Beta2 is >= 0 and < 1, nameof(Beta2), Beta2, "in [0, 1)");
        Need(Epsilon > 0, nameof(Epsilon), Epsilon, "positive");
        Need(GradientClip >= 0, nameof(GradientClip), GradientClip, "not negative");
        Need(ChunkSize >= 0, nameof(ChunkSize), ChunkSize, "not negative");
        Need(Patience >= 0, nameof(Patience), Patience, "not negative");
        Need(CheckpointEvery >= 0, nameof(CheckpointEvery), CheckpointEvery, "not negative");
        Need(KeepCheckpoints >= 1, nameof(KeepCheckpoints), KeepCheckpoints, "at least 1");
        Need(MostBadSteps >= 0, nameof(MostBadSteps), MostBadSteps, "not negative");
        if (CheckpointFolder is not null && LogPath is null)
            throw new InputException("training settings, CheckpointFolder", "is given without LogPath", "Give both: a resumed run takes its earlier steps from the log");
        return this;
    }

    private static void Need(bool right, string name, double value, string rule)
    {
        if (!right) throw new InputException($"training settings, {name}", FormattableString.Invariant($"{value} is not {rule}"), "Correct it");
    }
}
