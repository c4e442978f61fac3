using System.Text;
using ClipTransfer.Models.Weights;
using ClipTransfer.Runtime;
using ClipTransfer.Text;
using CsCheck;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Models.Weights;

/// <summary>Whatever bytes a file has: an error of the user's kind or a valid result, and no more memory than ten times the file (and 2 MiB to work in).</summary>
public sealed class ReaderFuzzTests : IDisposable
{
    private const int Few = 500, Many = 10_000;
    private const long WorkingMemory = 2 << 20;

    // Instructions of the pickle protocol, so that random programs are not all refused at their first byte.
    private static readonly byte[] _instructions =
        [.. "(.012NKMJGXUTCB)t]lead}sqrhjcRbQu"u8, 0x80, 0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F, 0x90, 0x91, 0x93, 0x94, 0x95, 0, 1, 2, 255];

    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _safetensors;
    private readonly byte[] _torch;
    private readonly TorchArchive _archive;

    public ReaderFuzzTests()
    {
        using var scope = NewDisposeScope();
        SafetensorsFile.Write(_folder.File("valid"), [("layer.weight", ones(3, 2)), ("layer.bias", zeros(2).half()), ("n", tensor(3L))], new Dictionary<string, string> { ["format"] = "pt" });
        _safetensors = File.ReadAllBytes(_folder.File("valid"));
        _archive = new TorchArchive();
        _archive.OrderedDict().Op((byte)'(').Storage("0", 1, 2, 3, 4, 5, 6).Text("layer.weight").Tensor("0", [3, 2], [2, 1]).Text("layer.bias").Tensor("0", [2], [1], offset: 4).Op((byte)'u');
        _torch = _archive.Zip();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Safetensors_files_of_any_bytes() => Safetensors(Few);

    [Fact]
    [Trait("Category", "Slow")]
    public void Safetensors_files_of_any_bytes_at_length() => Safetensors(Many);

    [Fact]
    public void Files_of_PyTorch_of_any_bytes() => Torch(Few);

    [Fact]
    [Trait("Category", "Slow")]
    public void Files_of_PyTorch_of_any_bytes_at_length() => Torch(Many);

    [Fact]
    public void Pickles_of_any_bytes() => Pickles(Few);

    [Fact]
    [Trait("Category", "Slow")]
    public void Pickles_of_any_bytes_at_length() => Pickles(Many);

    [Fact]
    public void Shard_indices_of_any_bytes() => Indices(Few);

    [Fact]
    [Trait("Category", "Slow")]
    public void Shard_indices_of_any_bytes_at_length() => Indices(Many);

    [Fact]
    public void Vocabularies_of_any_bytes() => Vocabularies(100);

    [Fact]
    [Trait("Category", "Slow")]
    public void Vocabularies_of_any_bytes_at_length() => Vocabularies(2_000);

    /// <summary>A valid file with bytes changed, cut out, put in, repeated or cut off; or noise.</summary>
    private static Gen<byte[]> Damaged(byte[] valid)
    {
        var change = Gen.Select(Gen.Int[0, 5], Gen.Int[0, valid.Length - 1], Gen.Int[1, 24], Gen.Byte.Array[0, 24]);
        return Gen.Select(change.Array[0, 5], Gen.Byte.Array[0, 60], Gen.Int[0, 19]).Select((changes, noise, kind) =>
        {
            if (kind == 0) return noise;
            var bytes = valid.ToList();
            foreach (var (what, place, count, inserted) in changes)
            {
                var at = Math.Min(place, bytes.Count);
                var taken = Math.Min(count, bytes.Count - at);
                if (what == 0) bytes.RemoveRange(at, taken);
                else if (what == 1) bytes.InsertRange(at, inserted);
                else if (what == 2) bytes.InsertRange(at, bytes.GetRange(at, taken));
                else if (what == 3 && kind == 1) bytes.RemoveRange(at, bytes.Count - at);
                else for (var k = 0; k < Math.Min(taken, inserted.Length); k++) bytes[at + k] = what == 4 ? (byte)(bytes[at + k] ^ (1 << (inserted[k] & 7))) : inserted[k];
            }

            return [.. bytes];
        });
    }

    private void Safetensors(int count)
    {
        var valid = 0;
        Damaged(_safetensors).Sample(
            bytes =>
            {
                valid += Try(bytes, path => SafetensorsFile.Open(path)) ? 1 : 0;
            },
            iter: count, threads: 1);
        Assert.InRange(valid, 1, count - 1); // both ends were reached
    }

    private void Torch(int count)
    {
        var valid = 0;
        Damaged(_torch).Sample(
            bytes =>
            {
                valid += Try(bytes, path => TorchFile.Open(path)) ? 1 : 0;
            },
            iter: count, threads: 1);
        Assert.InRange(valid, 1, count - 1);
    }

    private void Pickles(int count)
    {
        var pickle = _archive.Pickle();
        var program = Gen.Int[0, _instructions.Length - 1].Select(k => _instructions[k]).Array[0, 120].Select(body => (byte[])[0x80, 2, .. body, (byte)'.']);
        var valid = 0;
        Gen.OneOf(Damaged(pickle), program).Sample(
            bytes =>
            {
                valid += Try(_archive.Zip(pickle: bytes), path => TorchFile.Open(path)) ? 1 : 0;
            },
            iter: count, threads: 1);
        Assert.InRange(valid, 1, count - 1);
    }

    private void Indices(int count)
    {
        SafetensorsFile.Write(_folder.File("one.safetensors"), [("a", ones(1)), ("b", ones(1))]);
        var index = Encoding.UTF8.GetBytes("""{"metadata":{"total_size":8},"weight_map":{"a":"one.safetensors","b":"one.safetensors"}}""");
        var valid = 0;
        Damaged(index).Sample(
            bytes =>
            {
                valid += Try(bytes, path => ShardedSafetensors.Open(path), "m.safetensors.index.json") ? 1 : 0;
            },
            iter: count, threads: 1);
        Assert.InRange(valid, 1, count - 1);
    }

    private void Vocabularies(int count)
    {
        var merges = Encoding.UTF8.GetBytes("#version: 0.2\nl o\nlo w</w>\nc a\nca t</w>\n");
        var words = Encoding.UTF8.GetBytes("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n");
        Gen.Select(Damaged(merges), Damaged(words)).Sample(
            (lines, pieces) =>
            {
                TryText(lines, path => ClipTokenizer.Load(path));
                TryText(pieces, path => BertWordPieces.Load(path));
            },
            iter: count, threads: 1);
    }

    private void TryText(byte[] bytes, Func<string, ITokenizer> open)
    {
        var path = _folder.File("vocabulary.txt");
        File.WriteAllBytes(path, bytes);
        try
        {
            var tokenizer = open(path);
            Assert.Equal(tokenizer.EndId, tokenizer.Encode("low cat ab").First(id => id == tokenizer.EndId));
        }
        catch (InputException error)
        {
            Assert.DoesNotContain('\n', error.Remedy);
        }
    }

    private bool Try(byte[] bytes, Func<string, IWeightsFile> open, string name = "fuzzed")
    {
        var path = _folder.File(name);
        File.WriteAllBytes(path, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using var file = open(path);
            foreach (var entry in file.Entries)
            {
                using var tensor = file.Read(entry.Name);
                Assert.Equal(entry.Shape, tensor.shape);
                Assert.Equal(entry.Type, tensor.dtype);
            }

            return true;
        }
        catch (InputException error)
        {
            Assert.NotEmpty(error.What);
            return false;
        }
        finally
        {
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (10L * bytes.Length) + WorkingMemory);
        }
    }
}
