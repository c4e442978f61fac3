using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Models.Weights;

/// <summary>Several safetensors files and the index that says which holds what, as Hugging Face writes them.</summary>
/// <remarks>The index, <c>model.safetensors.index.json</c>, is <c>{"metadata": {"total_size": …}, "weight_map": {name: file}}</c>; the files lie beside it.</remarks>
public sealed class ShardedSafetensors : IWeightsFile
{
    /// <summary>How an index's name ends.</summary>
    public const string IndexEnding = ".safetensors.index.json";

    private readonly List<SafetensorsFile> _shards;
    private readonly Dictionary<string, SafetensorsFile> _byName;

    private ShardedSafetensors(string path, List<SafetensorsFile> shards, Dictionary<string, SafetensorsFile> byName)
    {
        (Path, _shards, _byName) = (path, shards, byName);
        Entries = [.. shards.SelectMany(s => s.Entries)];
        Metadata = shards.Count > 0 ? shards[0].Metadata : new Dictionary<string, string>();
    }

    /// <summary>Where the index lies.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyList<TensorEntry> Entries { get; }

    /// <summary>The first shard's notes.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens all shards of an index and holds it against them.</summary>
    /// <exception cref="InputException">The index or a shard is missing or broken, a shard lies outside the index's folder, or index and shards name different tensors.</exception>
    public static ShardedSafetensors Open(string indexPath)
    {
        var map = ReadMap(indexPath);
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(indexPath))!;
        var shards = new List<SafetensorsFile>();
        try
        {
            var byName = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
            foreach (var file in map.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            {
                if (file.Length == 0 || file is "." or ".." || file.IndexOfAny(['/', '\\', ':']) >= 0)
                    throw Broken(indexPath, $"names the shard '{file}', which does not lie beside it");
                var shard = SafetensorsFile.Open(System.IO.Path.Combine(folder, file));
                shards.Add(shard);
                foreach (var entry in shard.Entries)
                {
                    if (map.GetValueOrDefault(entry.Name) != file) throw Broken(indexPath, $"does not place '{entry.Name}' in {file}, which holds it");
                    byName.Add(entry.Name, shard);
                }
            }

            if (map.Keys.FirstOrDefault(name => !byName.ContainsKey(name)) is { } absent) throw Broken(indexPath, $"places '{absent}' in {map[absent]}, which does not hold it");
            return new ShardedSafetensors(indexPath, shards, byName);
        }
        catch
        {
            foreach (var shard in shards) shard.Dispose();
            throw;
        }
    }

    /// <summary>Writes shards <c>NAME-00001-of-0000N.safetensors</c>, each whole, and then their index <c>NAME.safetensors.index.json</c>.</summary>
    /// <param name="indexPath">The index to write; its name ends in <see cref="IndexEnding"/>.</param>
    /// <param name="tensors">Names and tensors.</param>
    /// <param name="shardBytes">Most bytes of numbers in a shard; a longer tensor has one of its own.</param>
    /// <param name="metadata">Notes that every shard carries.</param>
    /// <exception cref="ArgumentException">The index has another ending, or a name comes twice.</exception>
    /// <exception cref="InputException">A file cannot be written.</exception>
    public static void Write(
        string indexPath, IEnumerable<(string Name, Tensor Tensor)> tensors, long shardBytes = 5_000_000_000, IReadOnlyDictionary<string, string>? metadata = null)
    {
        if (!indexPath.EndsWith(IndexEnding, StringComparison.Ordinal)) throw new ArgumentException($"an index's name ends in {IndexEnding}", nameof(indexPath));
        var stem = indexPath[..^IndexEnding.Length];
        var shards = new List<List<(string Name, Tensor Tensor)>>();
        long total = 0, filled = 0;
        foreach (var (name, tensor) in tensors)
        {
            var bytes = tensor.numel() * SafetensorsType.BytesOf(tensor.dtype);
            if (shards.Count == 0 || filled + bytes > shardBytes)
            {
                shards.Add([]);
                filled = 0;
            }

            shards[^1].Add((name, tensor));
            filled += bytes;
            total += bytes;
        }

        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var k = 0; k < shards.Count; k++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"{stem}-{k + 1:00000}-of-{shards.Count:00000}.safetensors");
            foreach (var (name, _) in shards[k]) map.Add(name, System.IO.Path.GetFileName(path));
            SafetensorsFile.Write(path, shards[k], metadata);
        }

        AtomicFile.WriteText(indexPath, JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["metadata"] = new Dictionary<string, long> { ["total_size"] = total },
            ["weight_map"] = map,
        }));
    }

    /// <inheritdoc/>
    public Tensor Read(string name) => _byName.TryGetValue(name, out var shard)
        ? shard.Read(name)
        : throw new InputException(Path, $"holds no tensor '{name}'", $"It has {Entries.Count}, such as {string.Join(", ", Entries.Take(3).Select(e => e.Name))}");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var shard in _shards) shard.Dispose();
    }

    private static Dictionary<string, string> ReadMap(string path)
    {
        try
        {
            var index = JsonSerializer.Deserialize<Index>(File.ReadAllBytes(path));
            if (index?.WeightMap is not { } map) throw Broken(path, "has no weight_map");
            return map.Values.Any(file => file is null) ? throw Broken(path, "places a tensor in no file") : map;
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException or NotSupportedException or InvalidOperationException)
        {
            throw Broken(path, $"cannot be read ({error.Message.TrimEnd('.')})", error);
        }
    }

    private static InputException Broken(string path, string what, Exception? inner = null) => new(path, what, "Fetch or write index and shards again", inner);

    private sealed record Index([property: JsonPropertyName("weight_map")] Dictionary<string, string>? WeightMap);
}
