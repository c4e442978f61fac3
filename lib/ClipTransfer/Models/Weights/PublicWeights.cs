using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Models.Weights;

/// <summary>Public checkpoints into models, and models into files that the public libraries open.</summary>
public static class PublicWeights
{
    private const int MostNamed = 6;

    /// <summary>Reads a whole CLIP of OpenAI's or open_clip's make into a model.</summary>
    /// <exception cref="InputException">The model is no such CLIP, the file breaks its format, or names or shapes differ.</exception>
    public static void LoadClip(DualEncoder model, string path) => Load(model, path, WeightMap.Clip(model));

    /// <summary>Reads the image tower alone: ResNet of torchvision or timm, or CLIP's out of a whole CLIP.</summary>
    /// <inheritdoc cref="LoadClip" path="/exception"/>
    public static void LoadImageTower(DualEncoder model, string path) => Load(model, path, WeightMap.ImageTower(model));

    /// <summary>Reads the text tower alone: DistilBERT of Hugging Face, or CLIP's out of a whole CLIP.</summary>
    /// <inheritdoc cref="LoadClip" path="/exception"/>
    public static void LoadTextTower(DualEncoder model, string path) => Load(model, path, WeightMap.TextTower(model));

    /// <summary>Reads what a map names. Half-precision numbers are widened to the model's type. Load before a trainer takes the model's weights over.</summary>
    /// <exception cref="InputException">The file breaks its format, or names or shapes differ: one message with all of them; the model is unchanged then.</exception>
    public static void Load(DualEncoder model, string path, WeightMap map)
    {
        using var file = WeightsFile.Open(path);
        var entries = new Dictionary<string, TensorEntry>(StringComparer.Ordinal);
        foreach (var entry in file.Entries)
        {
            if (!entries.TryAdd(WeightMap.Bare(entry.Name), entry)) throw new InputException(path, $"has two tensors named '{WeightMap.Bare(entry.Name)}' but for a prefix", "Name a file with one model");
        }

        var state = model.state_dict();
        Match(path, map, entries, state);
        using var free = no_grad();
        foreach (var name in map.Names)
        {
            if (!entries.TryGetValue(name.File, out var entry)) continue;
            using var scope = NewDisposeScope();
            var tensor = file.Read(entry.Name);
            state[name.Model].copy_(name.Transposed ? tensor.t() : tensor);
        }
    }

    /// <summary>Writes the tensors that a map names as one safetensors file, in float32, under the checkpoint's names.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Export(DualEncoder model, string path, WeightMap map)
    {
        using var scope = NewDisposeScope();
        using var free = no_grad();
        var state = model.state_dict();
        SafetensorsFile.Write(path, map.Names.Select(name =>
        {
            var tensor = state[name.Model];
            if (tensor.is_floating_point()) tensor = tensor.to(ScalarType.Float32);
            return (name.File, name.Transposed ? tensor.t() : tensor);
        }), new Dictionary<string, string> { ["format"] = "pt" });
    }

    private static void Match(string path, WeightMap map, Dictionary<string, TensorEntry> entries, Dictionary<string, Tensor> state)
    {
        var wanted = map.Names.Select(name => name.File).ToHashSet(StringComparer.Ordinal);
        var missing = map.Names.Where(name => !name.Optional && !entries.ContainsKey(name.File)).Select(name => name.File).ToArray();
        var unexpected = entries.Keys.Where(name => !wanted.Contains(name) && !map.Ignored.IsMatch(name)).ToArray();
        var misshapen = map.Names.Where(name => entries.TryGetValue(name.File, out var entry) && !Fits(entry, name, state[name.Model])).ToArray();
        if (missing.Length + unexpected.Length + misshapen.Length == 0) return;
        string Beside(string name, string[] others) => NearestName.Of(name, others) is { } nearest ? $"{name} (nearest: {nearest})" : name;
        var parts = new[]
        {
            Listed("missing", missing, name => Beside(name, unexpected)),
            Listed("unexpected", unexpected, name => Beside(name, missing)),
            Listed("wrongly shaped", misshapen, name => $"{name.File} {entries[name.File].Type} {entries[name.File].ShapeText}, expected [{string.Join(", ", Shape(name, state[name.Model]))}]"),
        };
        throw new InputException(path, $"does not fit this model's {map.Kind}: {string.Join("; ", parts.Where(part => part.Length > 0))}", "Choose weights of the model's kind and size, or a model of theirs");
    }

    private static string Listed<T>(string what, T[] items, Func<T, string> text) => items.Length == 0
        ? ""
        : $"{items.Length} {what}: {string.Join(", ", items.Take(MostNamed).Select(text))}{(items.Length > MostNamed ? $" and {items.Length - MostNamed} more" : "")}";

    private static bool Fits(TensorEntry entry, WeightName name, Tensor tensor) =>
        entry.Shape.SequenceEqual(Shape(name, tensor)) && IsFloating(entry.Type) == tensor.is_floating_point();

    private static bool IsFloating(ScalarType type) => type is ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16;

    private static IEnumerable<long> Shape(WeightName name, Tensor tensor) => name.Transposed ? tensor.shape.Reverse() : tensor.shape;
}
