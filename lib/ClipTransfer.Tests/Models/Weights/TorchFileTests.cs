using System.IO.Compression;
using System.Text;
using ClipTransfer.Models.Weights;
using ClipTransfer.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Models.Weights;

public sealed class TorchFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    private string Path => _folder.File("model.pt");

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    private TorchFile Open(byte[] bytes)
    {
        File.WriteAllBytes(Path, bytes);
        return TorchFile.Open(Path);
    }

    private string Refusal(byte[] bytes)
    {
        var message = Assert.Throws<InputException>(() => Open(bytes).Dispose()).Message;
        Assert.Contains(Path, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private static TorchArchive StateDict(Action<TorchArchive> items)
    {
        var archive = new TorchArchive();
        archive.OrderedDict().Op((byte)'(');
        items(archive);
        // Python notes versions in an attribute of the dictionary: BUILD with a state.
        return archive.Op((byte)'u').Op((byte)'}').Remember().Text("_metadata").OrderedDict().Op((byte)'s').Op((byte)'b');
    }

    private static double[] Values(Tensor t) => t.to(ScalarType.Float64).contiguous().data<double>().ToArray();

    [Fact]
    public void A_state_dict_made_byte_by_byte_is_read_with_its_names_shapes_and_numbers()
    {
        using var file = Open(StateDict(a => a
            .Storage("0", 1, 2, 3, 4, 5, 6)
            .Text("layer.weight").Tensor("0", [2, 3], [3, 1])
            .Storage("1", "LongStorage", BitConverter.GetBytes(-7L))
            .Text("count").Tensor("1", [], [])
            .Storage("2", "HalfStorage", [0x00, 0x3C, 0x00, 0xC0])
            .Text("half").Tensor("2", [2], [1])
            .Storage("3", "BFloat16Storage", [0x80, 0x3F])
            .Text("wide").Tensor("3", [1], [1])
            .Storage("4", "BoolStorage", [1, 0])
            .Text("flags").Tensor("4", [2], [1])
            .Text("epoch").Number(12)).Zip());
        Assert.Equal(["layer.weight", "count", "half", "wide", "flags"], file.Entries.Select(e => e.Name));
        Assert.Equal([1, 2, 3, 4, 5, 6], Values(file.Read("layer.weight")));
        Assert.Equal([2L, 3L], file.Read("layer.weight").shape);
        Assert.Equal(-7, file.Read("count").item<long>());
        Assert.Equal([1, -2], Values(file.Read("half")));
        Assert.Equal([1], Values(file.Read("wide")));
        Assert.Equal(ScalarType.BFloat16, file.Read("wide").dtype);
        Assert.Equal([1, 0], Values(file.Read("flags")));
        Assert.Contains("'none'", Assert.Throws<InputException>(() => file.Read("none")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Strides_offsets_and_shared_storages_are_honoured()
    {
        using var file = Open(StateDict(a => a
            .Storage("0", 0, 1, 2, 3, 4, 5, 6, 7)
            .Text("transposed").Tensor("0", [3, 2], [1, 3], offset: 1)
            .Text("every second").Tensor("0", [3], [2], offset: 2)
            .Text("broadcast").Tensor("0", [1000, 2], [0, 1], offset: 6)
            .Storage("1", 8, 9, 10)
            .Text("alone").Tensor("1", [2], [1], offset: 1)
            .Text("empty").Tensor("1", [0, 4], [4, 1], offset: 3)).Zip());
        // Element (i, j) lies at offset + i·1 + j·3.
        Assert.Equal([1, 4, 2, 5, 3, 6], Values(file.Read("transposed")));
        Assert.Equal([2, 4, 6], Values(file.Read("every second")));
        Assert.Equal([6, 7, 6, 7], Values(file.Read("broadcast"))[..4]);
        Assert.Equal([9, 10], Values(file.Read("alone")));
        Assert.Equal([0L, 4L], file.Read("empty").shape);
        file.Read("every second").fill_(-1);
        Assert.Equal([1, -1, -1, 5, 3, -1], Values(file.Read("transposed"))); // one memory, as it was when saved
    }

    [Theory]
    [InlineData("state_dict")]
    [InlineData("model")]
    [InlineData("model_state_dict")]
    public void A_wrapped_checkpoint_shows_its_model_alone(string wrapper)
    {
        var archive = new TorchArchive();
        archive.Op((byte)'}').Remember().Op((byte)'(');
        archive.Text("epoch").Number(70_000).Text("best").Op([(byte)'G', .. BitConverter.GetBytes(0.5).Reverse()]);
        archive.Text("optimizer").Op((byte)'}').Remember().Storage("9", 5).Number(0).Tensor("9", [1], [1]).Op((byte)'s');
        archive.Text(wrapper).Op((byte)'}').Remember().Op((byte)'(').Storage("0", 1, 2).Text("module.w").Tensor("0", [2], [1]).Text("inner").Op((byte)'}').Remember()
            .Text("b").Tensor("0", [1], [1]).Op((byte)'s').Op((byte)'u');
        using var file = Open(archive.Op((byte)'u').Zip());
        Assert.Equal(["module.w", "inner.b"], file.Entries.Select(e => e.Name));
        Assert.Equal([1, 2], Values(file.Read("module.w")));
    }

    [Fact]
    public void A_torchscript_archive_gives_its_modules_attributes_by_their_path()
    {
        // obj = NEWOBJ(__torch__ type, ()), then BUILD with a dictionary of attributes.
        var archive = new TorchArchive();
        void Begin(string type) => archive.Name("__torch__.multimodal", type).Op((byte)')', 0x81).Op((byte)'}').Op((byte)'(');
        Begin("Multimodal");
        archive.Text("training").Op(0x89).Text("visual");
        Begin("Visual");
        archive.Storage("0", 3, 4).Text("proj").Tensor("0", [2], [1]).Op((byte)'u', (byte)'b');
        archive.Text("logit_scale").Storage("1", 5).Tensor("1", [], []).Op((byte)'u', (byte)'b');
        using var file = Open(archive.Zip());
        Assert.Equal(["visual.proj", "logit_scale"], file.Entries.Select(e => e.Name));
        Assert.Equal(5, file.Read("logit_scale").item<float>());
    }

    [Theory]
    [InlineData("os", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("torch", "load")]
    [InlineData("torch.nn.modules.linear", "Linear")]
    [InlineData("__torch__evil", "x")]
    [InlineData("numpy.core.multiarray", "_reconstruct")]
    public void Any_other_name_is_refused_and_named(string module, string name)
    {
        // The classic attack: REDUCE of os.system with a command.
        var archive = new TorchArchive().Name(module, name).Text("echo").Op(0x85, (byte)'R');
        Assert.Contains($"'{module}.{name}'", Refusal(archive.Zip()), StringComparison.Ordinal);
        var byStack = new TorchArchive();
        byStack.Text(module).Text(name).Op(0x93);
        Assert.Contains($"'{module}.{name}'", Refusal(byStack.Zip()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(7, 1, 0, "reaches past")]
    [InlineData(3, 3, 0, "reaches past")]
    [InlineData(1, 1, 6, "reaches past")]
    [InlineData(2, long.MaxValue, 0, "reaches past")]
    [InlineData(long.MaxValue, 0, 0, "impossible shape")]
    [InlineData(-1, 1, 0, "impossible shape")]
    [InlineData(1, -1, 0, "impossible shape")]
    [InlineData(1, 1, -1, "impossible shape")]
    public void A_view_outside_its_storage_is_refused(long size, long stride, long offset, string expected) =>
        Assert.Contains(expected, Refusal(StateDict(a => a.Storage("0", new float[6]).Text("w").Tensor("0", [size], [stride], offset)).Zip()), StringComparison.Ordinal);

    [Fact]
    public void A_storage_that_is_missing_or_of_another_length_is_refused_when_it_is_read()
    {
        using (var longer = Open(StateDict(a => a.Storage("0", new float[6]).Text("w").Tensor("0", [7], [1], count: 7)).Zip()))
            Assert.Contains("24 bytes in 'data/0', not 28", Assert.Throws<InputException>(() => longer.Read("w")).Message, StringComparison.Ordinal);
        using var absent = Open(StateDict(a => a.Text("w").Tensor("../0", [7], [1], count: 7)).Zip());
        Assert.Contains("data/../0", Assert.Throws<InputException>(() => absent.Read("w")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_such_archive_says_so()
    {
        var good = StateDict(a => a.Storage("0", 1).Text("w").Tensor("0", [1], [1]));
        Assert.Contains("compressed member", Refusal(StateDict(a => a.Text(new string('a', 5000)).Number(1)).Zip(CompressionLevel.Optimal)), StringComparison.Ordinal);
        Assert.Contains("big-endian", Refusal(good.Zip(byteOrder: "big")), StringComparison.Ordinal);
        Assert.Contains("before 1.6", Refusal([0x80, 2, 0x8A, 10, 0x6C]), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Refusal("hello"u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains("no dictionary of tensors", Refusal(new TorchArchive().Number(5).Zip()), StringComparison.Ordinal);
        Assert.Contains("0x69", Refusal(good.Zip(pickle: [0x80, 2, (byte)'i', (byte)'.'])), StringComparison.Ordinal);
        var self = new TorchArchive().Op((byte)'}').Remember().Text("me").Op((byte)'h', 0, (byte)'s');
        Assert.Contains("nests 'me'", Refusal(self.Zip()), StringComparison.Ordinal);
        var whole = good.Zip();
        for (var length = 0; length < whole.Length; length += 7) Refusal(whole[..length]);
        var pickle = good.Pickle();
        for (var length = 0; length < pickle.Length; length++) Refusal(good.Zip(pickle: pickle[..length]));
        File.Delete(Path);
        Assert.Contains("cannot be read", Assert.Throws<InputException>(() => TorchFile.Open(Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("empty dictionaries", "}")]
    [InlineData("empty lists", "]")]
    [InlineData("nothings", "N")]
    [InlineData("small numbers", "K\u0007")]
    [InlineData("numbers", "M\u0007\u0007")]
    [InlineData("copies", "2")]
    [InlineData("tuples in tuples", "\u0085")]
    [InlineData("lists in lists", "](l")]
    [InlineData("memories", "\u0094")]
    [InlineData("marks", "(")]
    public void A_pickle_that_builds_much_from_little_is_stopped_within_ten_times_its_length(string what, string instruction)
    {
        const int Length = 1 << 20;
        var unit = Encoding.Latin1.GetBytes(instruction);
        byte[] pickle = [0x80, 2, (byte)'N', .. Enumerable.Range(0, Length / unit.Length).SelectMany(_ => unit), (byte)'.'];
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<PickleException>(() => PickleReader.Read(pickle, pickle.Length));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10L * Length);
        Assert.NotEmpty(what);
    }

    [Fact]
    public void A_format_is_told_by_its_content()
    {
        File.WriteAllBytes(Path, StateDict(a => a.Storage("0", 1).Text("w").Tensor("0", [1], [1])).Zip());
        using (var torchFile = WeightsFile.Open(Path)) Assert.IsType<TorchFile>(torchFile);
        // A safetensors header of 0x4B50 = 19280 bytes begins with the letters PK.
        File.WriteAllBytes(Path, SafetensorsReference.File8("{}" + new string(' ', 19278), []));
        using (var safetensors = WeightsFile.Open(Path)) Assert.IsType<SafetensorsFile>(safetensors);
        var index = _folder.File("m.safetensors.index.json");
        ShardedSafetensors.Write(index, [("w", ones(1))]);
        using (var shards = WeightsFile.Open(index)) Assert.IsType<ShardedSafetensors>(shards);
        Assert.Throws<InputException>(() => WeightsFile.Open(_folder.File("none")));
    }
}
