using System.Text.Json.Serialization;
using ClipTransfer.Runtime;

namespace ClipTransfer.Models;

/// <summary>Everything that fixes a <see cref="DualEncoder"/>'s shape and its first weights, apart from the seed.</summary>
/// <param name="Name">Name of the size, for run logs and tables.</param>
/// <param name="Image">The image tower.</param>
/// <param name="Text">The text tower.</param>
/// <param name="EmbedDim">D, the width of the joint space.</param>
/// <param name="Projection">What leads into the joint space.</param>
/// <param name="Temperature">The first τ; CLIP's is 0.07.</param>
/// <param name="TrainTemperature">Whether τ is trained (CLIP) or fixed (the paper's theory).</param>
/// <param name="LogitBias">SigLIP's first b; null for models without one, and then no file mentions it.</param>
public sealed record DualEncoderSettings(
    string Name,
    ImageTowerSettings Image,
    TextTowerSettings Text,
    int EmbedDim,
    ProjectionKind Projection = ProjectionKind.Linear,
    double Temperature = 0.07,
    bool TrainTemperature = true,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? LogitBias = null)
{
    /// <summary>For a notebook on two cores: 48 px and short captions at more than a thousand pairs a second.</summary>
    public static DualEncoderSettings Tiny { get; } =
        new("Tiny", new ImageEncoderSettings(24, [32, 64, 128]), new TextEncoderSettings(Width: 96, Layers: 2, Heads: 4), EmbedDim: 64);

    /// <summary>About five times Tiny's work: real photographs at 64 px.</summary>
    public static DualEncoderSettings Small { get; } =
        new("Small", new ImageEncoderSettings(32, [64, 128, 256]), new TextEncoderSettings(Width: 192, Layers: 3, Heads: 6), EmbedDim: 128);

    /// <summary>For a desktop computer or a GPU: a ResNet-18-like tower of about 11 million parameters, at 64 px and more.</summary>
    public static DualEncoderSettings Base { get; } =
        new("Base", new ImageEncoderSettings(64, [64, 128, 256, 512], BlocksPerStage: 2), new TextEncoderSettings(Width: 384, Layers: 6, Heads: 6), EmbedDim: 256);

    /// <summary>The paper's encoders [S] with the heads of the public code base that shares them [?]: ResNet-50 and DistilBERT into 256 dimensions.</summary>
    /// <remarks>Choice of ours [?]: pictures are normalised by CLIP's constants, also in front of a ResNet-50 that was trained with ImageNet's.</remarks>
    public static DualEncoderSettings Paper { get; } = new("Paper", ResNetSettings.ResNet50, DistilBertSettings.Base, EmbedDim: 256, ProjectionKind.Residual);

    /// <summary>OpenAI's RN50, which CyCLIP trains too: 102,007,137 parameters.</summary>
    public static DualEncoderSettings ClipRN50 { get; } = new("ClipRN50", ClipResNetSettings.RN50, ClipTextSettings.Base, EmbedDim: 1024);

    /// <summary>OpenAI's ViT-B/32: 151,277,313 parameters.</summary>
    public static DualEncoderSettings ClipViTB32 { get; } = new("ClipViTB32", VisionTransformerSettings.B32, ClipTextSettings.Base, EmbedDim: 512);

    /// <summary>OpenAI's ViT-B/16.</summary>
    public static DualEncoderSettings ClipViTB16 { get; } = new("ClipViTB16", VisionTransformerSettings.B16, ClipTextSettings.Base, EmbedDim: 512);

    /// <summary>open_clip's ViT-B-32: GELU in place of QuickGELU.</summary>
    public static DualEncoderSettings OpenClipViTB32 { get; } = new(
        "OpenClipViTB32", VisionTransformerSettings.B32 with { Activation = Activation.Gelu }, ClipTextSettings.Base with { Activation = Activation.Gelu }, EmbedDim: 512);

    /// <summary>open_clip's ViT-B-16: GELU in place of QuickGELU.</summary>
    public static DualEncoderSettings OpenClipViTB16 { get; } = new(
        "OpenClipViTB16", VisionTransformerSettings.B16 with { Activation = Activation.Gelu }, ClipTextSettings.Base with { Activation = Activation.Gelu }, EmbedDim: 512);

    /// <summary>All sizes that have a name.</summary>
    public static IReadOnlyList<DualEncoderSettings> All { get; } = [Tiny, Small, Base, Paper, ClipRN50, ClipViTB32, ClipViTB16, OpenClipViTB32, OpenClipViTB16];

    /// <summary>A size by its name.</summary>
    /// <exception cref="InputException">There is no such size.</exception>
    public static DualEncoderSettings Named(string name) =>
        All.FirstOrDefault(size => size.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new InputException("model", $"'{name}' is not a model size", $"Use one of {string.Join(", ", All.Select(size => size.Name))}");

    /// <summary>The same model for a tokenizer's ids.</summary>
    /// <param name="vocabularySize">How many ids there are.</param>
    /// <param name="contextLength">L, the longest sequence.</param>
    /// <param name="endId">The id of the end token.</param>
    public DualEncoderSettings ForTokens(int vocabularySize, int contextLength, int endId) =>
        this with { Text = Text with { VocabularySize = vocabularySize, ContextLength = contextLength, EndId = endId } };
}
