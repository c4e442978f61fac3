using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClipTransfer.Runtime;

namespace ClipTransfer.Results;

/// <summary>A declarative grid of runs over (method × seed × setting).</summary>
public sealed class SweepGrid
{
    /// <summary>
    /// Part of every run's key: raised when a change of code changes what a run measures, so that runs of older code are done anew. A test compares a small run with
    /// stored values and fails when that is forgotten.
    /// </summary>
    public const int CodeVersion = 1;

    private SweepGrid(string name, RunHead head, TransferSettings transfer, IReadOnlyList<SweepPoint> points) => (Name, Head, Transfer, Points) = (name, head, transfer, points);

    /// <summary>The file's name without ending: <c>scenes-full</c>.</summary>
    public string Name { get; }

    /// <summary>What the runs are for.</summary>
    public RunHead Head { get; }

    /// <summary>What every model is tested on.</summary>
    public TransferSettings Transfer { get; }

    /// <summary>The runs, each once, in the order of blocks and values.</summary>
    public IReadOnlyList<SweepPoint> Points { get; }

    /// <summary>Reads a grid file and works out its runs.</summary>
    /// <exception cref="InputException">The file is wrong, or a block sets a field that does not exist: names it.</exception>
    public static SweepGrid Read(string path)
    {
        var (head, settings) = SettingsFile.Read<SweepSettings>(path);
        if (settings.Blocks.Count == 0) throw new InputException(path, "has no blocks", "Give at least one, for example { \"name\": \"methods\", \"set\": { \"seed\": [0, 1] } }");
        var points = new Dictionary<string, SweepPoint>();
        foreach (var block in settings.Blocks)
        {
            foreach (var combination in Combinations(block.Set))
            {
                var run = settings.Base.DeepClone().AsObject();
                foreach (var (field, value) in combination) Put(run, field, value, path, block.Name);
                var read = TrainingRunSettings.Of(run, $"{path}, block '{block.Name}'");
                var key = KeyOf(read, settings.Transfer);
                points[key] = points.TryGetValue(key, out var known) ? known with { Blocks = [.. known.Blocks.Union([block.Name])] } : new SweepPoint([block.Name], read, key);
            }
        }

        return new SweepGrid(Path.GetFileNameWithoutExtension(path), head, settings.Transfer, [.. points.Values]);
    }

    /// <summary>The runs of part i of n: every n-th, so that parts take about equally long.</summary>
    /// <param name="shard">i, from 0.</param>
    /// <param name="shards">n.</param>
    public IEnumerable<SweepPoint> Shard(int shard, int shards) => Points.Where((_, k) => k % shards == shard);

    private static string KeyOf(TrainingRunSettings run, TransferSettings transfer)
    {
        // Typed settings, so that a default that is written out and one that is left out give one key.
        var text = JsonSerializer.Serialize(new { CodeVersion, Run = run, Transfer = transfer }, ResultsJson.Options);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12];
    }

    private static IEnumerable<IReadOnlyList<(string Field, JsonNode? Value)>> Combinations(IReadOnlyDictionary<string, JsonElement> set)
    {
        IEnumerable<IReadOnlyList<(string, JsonNode?)>> all = [[]];
        foreach (var (field, value) in set)
        {
            JsonNode?[] values = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(v => JsonNode.Parse(v.GetRawText()))] : [JsonNode.Parse(value.GetRawText())];
            all = all.SelectMany(chosen => values.Select(v => (IReadOnlyList<(string, JsonNode?)>)[.. chosen, (field, v)]));
        }

        return all;
    }

    private static void Put(JsonObject run, string field, JsonNode? value, string path, string block)
    {
        var parts = field.Split('.');
        var at = run;
        foreach (var part in parts[..^1])
        {
            // A short form such as "method": "CLIP" becomes an object when one of its fields is set.
            if (at[part] is JsonValue named) at[part] = new JsonObject { ["name"] = named.DeepClone() };
            at[part] ??= new JsonObject();
            at = at[part] as JsonObject ?? throw new InputException($"{path}, block '{block}'", $"'{field}' goes through something that is no object", "Correct the path");
        }

        at[parts[^1]] = value?.DeepClone();
    }
}
