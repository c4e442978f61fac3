using ClipTransfer.Models;
using ClipTransfer.Text;
using ClipTransfer.Training;

namespace ClipTransfer.Results;

/// <summary>Everything that decides a pre-training study, apart from data folder, methods and seeds. It is written into every run's <c>config.json</c>.</summary>
public sealed record PretrainingSettings
{
    /// <summary>The model's size; what depends on the tokenizer is filled in.</summary>
    public DualEncoderSettings Model { get; init; } = DualEncoderSettings.Tiny;

    /// <summary>The pictures' side in pixels.</summary>
    public int ImageSize { get; init; } = 48;

    /// <summary>Most pairs to train on; a set that has fewer gives all.</summary>
    public int Pairs { get; init; } = 16_384;

    /// <summary>Most held-out pairs for retrieval, margins and geometry.</summary>
    public int HeldOutPairs { get; init; } = 512;

    /// <summary>Most labelled pictures for zero-shot classification.</summary>
    public int ZeroShotImages { get; init; } = 1_024;

    /// <summary>B, in training and for the margins: a margin against more others is smaller.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>How captions are cut into tokens; trained on the training captions alone.</summary>
    public TokenizerSettings Tokenizer { get; init; } = new() { VocabularySize = 2_048, ContextLength = 32 };

    /// <summary>Optimiser, schedule and length; seed, label and log are set for each run.</summary>
    public TrainingSettings Training { get; init; } = new();

    /// <summary>How many held-out captions the study looks up pictures for, to be shown.</summary>
    public int ShownCaptions { get; init; } = 4;

    /// <summary>How many pictures it keeps for each.</summary>
    public int ShownImages { get; init; } = 6;
}
