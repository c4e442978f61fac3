using System.Text.Json;
using ClipTransfer.Models.Weights;
using ClipTransfer.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Models.Weights;

public sealed class ShardedSafetensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    private string Index => _folder.File("model.safetensors.index.json");

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Written_shards_and_index_are_what_the_independent_reader_expects()
    {
        (string Name, Tensor Tensor)[] tensors = [("a", arange(4, ScalarType.Float32)), ("b", ones(3)), ("c", zeros(10)), ("d", tensor(7L))];
        ShardedSafetensors.Write(Index, tensors, shardBytes: 30, new Dictionary<string, string> { ["format"] = "pt" });

        // 16 + 12 bytes fill the first shard; 40 need one of their own; then 8.
        using var index = JsonDocument.Parse(File.ReadAllText(Index));
        Assert.Equal(16 + 12 + 40 + 8, index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt32());
        var map = index.RootElement.GetProperty("weight_map").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);
        Assert.Equal(["model-00001-of-00003.safetensors", "model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors"], tensors.Select(t => map[t.Name]));
        foreach (var (name, expected) in tensors)
        {
            var (found, metadata) = SafetensorsReference.Read(_folder.File(map[name]));
            Assert.Equal(expected.to(ScalarType.Float64).data<double>().ToArray(), found[name].Values);
            Assert.Equal("pt", metadata["format"]);
        }

        using var file = ShardedSafetensors.Open(Index);
        Assert.Equal(["a", "b", "c", "d"], file.Entries.Select(e => e.Name).Order());
        foreach (var (name, expected) in tensors) Assert.True(file.Read(name).equal(expected).all().item<bool>());
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"one.safetensors"}}""", "does not place 'b'")]
    [InlineData("""{"weight_map":{"a":"one.safetensors","b":"one.safetensors","c":"one.safetensors"}}""", "places 'c'")]
    [InlineData("""{"weight_map":{"a":"../one.safetensors","b":"one.safetensors"}}""", "does not lie beside it")]
    [InlineData("""{"weight_map":{"a":"none.safetensors","b":"one.safetensors"}}""", "none.safetensors")]
    [InlineData("""{"weight_map":{"a":null}}""", "no file")]
    [InlineData("""{"weight_map":5}""", "cannot be read")]
    [InlineData("""{}""", "no weight_map")]
    [InlineData("""{"weight""", "cannot be read")]
    public void An_index_that_disagrees_with_its_shards_is_refused(string index, string expected)
    {
        SafetensorsFile.Write(_folder.File("one.safetensors"), [("a", ones(1)), ("b", ones(1))]);
        File.WriteAllText(Index, index);
        Assert.Contains(expected, Assert.Throws<InputException>(() => ShardedSafetensors.Open(Index)).Message, StringComparison.Ordinal);
    }
}
