using System.Text.Json;
using System.Text.Json.Nodes;
using ClipTransfer.Losses;
using ClipTransfer.Models;
using ClipTransfer.Text;
using ClipTransfer.Training;

namespace ClipTransfer.Results;

/// <summary>Everything that decides one run of <c>train</c>, apart from the folders and the machine.</summary>
public sealed record TrainingRunSettings
{
    /// <summary>The loss. In a file its name alone will do: <c>"method": "CyCLIP"</c>.</summary>
    public MethodSettings Method { get; init; } = new();

    /// <summary>
    /// The model; what depends on the tokenizer is filled in. In a file the name of a size will do, or a name and what differs:
    /// <c>{ "name": "Tiny", "embedDim": 32, "text": { "layers": 3 } }</c>.
    /// </summary>
    public DualEncoderSettings Model { get; init; } = DualEncoderSettings.Tiny;

    /// <summary>
    /// Whether towers start from the public weights that fit them, where <c>data get</c> has put these into the data folder; a tower without any starts from scratch, and the
    /// run's summary says which did.
    /// </summary>
    public bool PublicWeights { get; init; }

    /// <summary>What it trains on and is tested on.</summary>
    public DataSettings Data { get; init; } = new();

    /// <summary>B.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>How captions are cut into tokens; trained on the training captions alone.</summary>
    public TokenizerSettings Tokenizer { get; init; } = new() { VocabularySize = 2_048, ContextLength = 32 };

    /// <summary>Optimiser, schedule, length, early stop and checkpoints; where they are written is the run's business.</summary>
    public TrainingSettings Training { get; init; } = new();

    /// <summary>Decides first weights, order of pairs and dropout; not the data.</summary>
    public long Seed { get; init; }

    /// <summary>Reads a settings file.</summary>
    /// <exception cref="Runtime.InputException">The file is wrong: names the place.</exception>
    public static (RunHead Head, TrainingRunSettings Settings) Read(string path) => SettingsFile.Read<TrainingRunSettings>(path, Complete);

    /// <summary>The settings that a part of a file makes, short forms included.</summary>
    internal static TrainingRunSettings Of(JsonObject settings, string path)
    {
        Complete(settings);
        return SettingsFile.Of<TrainingRunSettings>(settings, "settings", path);
    }

    /// <summary>The settings that a checkpoint holds.</summary>
    internal static TrainingRunSettings OfCheckpoint(Checkpoint checkpoint) => Read(Path.Combine(checkpoint.Folder, TrainingRun.SettingsName)).Settings;

    private static void Complete(JsonObject settings)
    {
        if (settings["method"] is JsonValue method) settings["method"] = new JsonObject { ["name"] = method.DeepClone() };
        if (settings["model"] is JsonValue model) settings["model"] = new JsonObject { ["name"] = model.DeepClone() };
        if (settings["model"] is not JsonObject named || named["name"] is not JsonValue value || !value.TryGetValue<string>(out var name)) return;
        // A whole model, as a config.json has it, may have a name of its own.
        if (named.ContainsKey("image") && named.ContainsKey("text") && !DualEncoderSettings.All.Any(known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase))) return;
        var size = JsonSerializer.SerializeToNode(DualEncoderSettings.Named(name), ResultsJson.Options)!.AsObject();
        named.Remove("name");
        Change(size, named);
        settings["model"] = size;
    }

    // Field by field, also within a tower, unless that becomes one of another kind.
    private static void Change(JsonObject target, JsonObject changes)
    {
        foreach (var (field, change) in changes)
        {
            if (target[field] is JsonObject inner && change is JsonObject within && (!within.ContainsKey("kind") || JsonNode.DeepEquals(within["kind"], inner["kind"]))) Change(inner, within);
            else target[field] = change?.DeepClone();
        }
    }
}
