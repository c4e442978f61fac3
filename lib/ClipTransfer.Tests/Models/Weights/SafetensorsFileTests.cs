using System.Globalization;
using ClipTransfer.Models.Weights;
using ClipTransfer.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Models.Weights;

public sealed class SafetensorsFileTests : IDisposable
{
    private static readonly (string Name, ScalarType Type)[] _types =
    [
        ("F64", ScalarType.Float64), ("F32", ScalarType.Float32), ("F16", ScalarType.Float16), ("BF16", ScalarType.BFloat16), ("I64", ScalarType.Int64),
        ("I32", ScalarType.Int32), ("I16", ScalarType.Int16), ("I8", ScalarType.Int8), ("U8", ScalarType.Byte), ("BOOL", ScalarType.Bool),
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    private string Path => _folder.File("weights.safetensors");

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void An_independent_reader_finds_every_type_shape_and_number_of_a_written_file()
    {
        Seeds.Fix(1);
        var values = (60 * randn(3, 2, 5)).round();
        var tensors = _types.ToDictionary(t => "layer." + t.Name, t => (t.Name == "U8" ? values.abs() : values).to(t.Type));
        tensors["scalar"] = tensor(2.5f);
        tensors["none"] = empty(0, 7);
        tensors["über \"x\""] = tensor(new[] { 1L, -2L });
        tensors["transposed"] = arange(6, ScalarType.Float32).view(2, 3).t();
        tensors["trained"] = new TorchSharp.Modules.Parameter(ones(2));
        SafetensorsFile.Write(Path, tensors.Select(t => (t.Key, t.Value)), new Dictionary<string, string> { ["format"] = "pt" });

        var (found, metadata) = SafetensorsReference.Read(Path);
        Assert.Equal("pt", metadata["format"]);
        Assert.Equal(tensors.Keys.Order(), found.Keys.Order());
        foreach (var (name, expected) in tensors)
        {
            Assert.Equal(expected.shape, found[name].Shape);
            Assert.Equal(expected.numel() == 0 ? [] : expected.detach().to(ScalarType.Float64).contiguous().data<double>().ToArray(), found[name].Values);
        }

        foreach (var (name, _) in _types) Assert.Equal(name, found["layer." + name].Type);
    }

    [Fact]
    public void A_file_made_byte_by_byte_is_read_as_the_specification_says()
    {
        // Header order differs from data order, and spaces follow it, as the format allows.
        const string Header = """{"b":{"dtype":"F32","shape":[2,1],"data_offsets":[3,11]},"__metadata__":{"k":"v"},"a":{"shape":[3],"dtype":"U8","data_offsets":[0,3]},"s":{"dtype":"I16","shape":[],"data_offsets":[11,13]}}   """;
        File.WriteAllBytes(Path, SafetensorsReference.File8(Header, [7, 0, 255, 0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC0, 0xFE, 0xFF]));
        using var file = SafetensorsFile.Open(Path);
        Assert.Equal(["a", "b", "s"], file.Entries.Select(e => e.Name));
        Assert.Equal("v", file.Metadata["k"]);
        using var a = file.Read("a");
        using var b = file.Read("b");
        using var s = file.Read("s");
        Assert.Equal([7, 0, 255], a.data<byte>().ToArray());
        Assert.Equal([1f, -2.5f], b.data<float>().ToArray());
        Assert.Equal([2L, 1L], b.shape);
        Assert.Equal(-2, s.item<short>());
        Assert.Empty(s.shape);
        Assert.Equal(13 - 11, file.Entries[2].Bytes);
        Assert.Equal(8 + Header.Length + 11, file.Entries[2].Offset);
    }

    [Fact]
    public void What_is_written_comes_back_bit_for_bit()
    {
        Seeds.Fix(2);
        var tensors = _types.Select(t => (t.Name, randint(0, 2, [4, 3]).to(t.Type))).Append(("nan", tensor(new[] { float.NaN, float.NegativeInfinity, -0f }))).ToArray();
        SafetensorsFile.Write(Path, tensors);
        using var file = SafetensorsFile.Open(Path);
        Assert.Empty(file.Metadata);
        foreach (var (name, expected) in tensors)
        {
            var actual = file.Read(name);
            Assert.Equal(expected.dtype, actual.dtype);
            Assert.True(expected.bytes.SequenceEqual(actual.bytes), name);
            Assert.Equal(0, file.Entries.Single(e => e.Name == name).Offset % actual.ElementSize);
        }
    }

    [Fact]
    public void Several_gigabytes_in_one_tensor_have_offsets_beyond_32_bits()
    {
        // The header alone: a sparse file costs no disk.
        const long Count = 3L << 30;
        var header = string.Create(CultureInfo.InvariantCulture, $$"""{"big":{"dtype":"U8","shape":[{{Count}}],"data_offsets":[0,{{Count}}]},"last":{"dtype":"U8","shape":[1],"data_offsets":[{{Count}},{{Count + 1}}]} }""");
        var bytes = SafetensorsReference.File8(header, []);
        using (var stream = File.Create(Path))
        {
            stream.Write(bytes);
            stream.Position = bytes.Length + Count;
            stream.WriteByte(42);
        }

        using var file = SafetensorsFile.Open(Path);
        Assert.Equal(42, file.Read("last").item<byte>());
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "accounts for|bytes 0 to 8 of 7")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "of the file's")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "has 12")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "ends at 0")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}""", 6, "ends at 4")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[5,9]}}""", 9, "ends at 4")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}}""", 4, "bytes 4 to 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "impossible shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0,4611686018427387904],"data_offsets":[0,0]}}""", 0, "impossible shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}""", 0, "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,6]}}""", 6, "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551620]}}""", 4, "whole numbers")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}""", 1, "F8_E4M3")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "twice")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"more":1}}""", 1, "more")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1]}}""", 1, "lacks")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}""", 1, "lacks")]
    [InlineData("""{"a":5}""", 0, "something else than an object")]
    [InlineData("""{"__metadata__":{"k":5}}""", 0, "no text")]
    [InlineData("""{"__metadata__":["k"]}""", 0, "no object")]
    [InlineData("""[]""", 0, "'{'")]
    [InlineData(""" {}""", 0, "'{'")]
    [InlineData("""{} x""", 0, "no JSON")]
    [InlineData("""{"a":""", 0, "no JSON")]
    [InlineData("", 0, "'{'")]
    public void A_file_that_breaks_the_format_is_refused_with_its_name_and_the_place(string header, int dataBytes, string expected)
    {
        File.WriteAllBytes(Path, SafetensorsReference.File8(header, new byte[dataBytes]));
        var error = Assert.Throws<InputException>(() => SafetensorsFile.Open(Path));
        Assert.Contains(Path, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected.Split('|'), part => error.Message.Contains(part, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData(100_000_001ul)]
    [InlineData(3ul)]
    [InlineData(ulong.MaxValue)]
    public void A_header_longer_than_the_file_or_the_format_allows_is_refused(ulong length)
    {
        File.WriteAllBytes(Path, SafetensorsReference.File8("{}", [], length));
        Assert.Contains("header has", Assert.Throws<InputException>(() => SafetensorsFile.Open(Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_cut_of_a_file_is_refused()
    {
        SafetensorsFile.Write(Path, [("a", ones(2)), ("b", zeros(3))]);
        var whole = File.ReadAllBytes(Path);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(Path, whole[..length]);
            Assert.Throws<InputException>(() => SafetensorsFile.Open(Path));
        }
    }

    [Fact]
    public void A_missing_file_a_missing_name_and_a_type_without_a_name_say_so()
    {
        Assert.Contains("cannot be read", Assert.Throws<InputException>(() => SafetensorsFile.Open(_folder.File("none"))).Message, StringComparison.Ordinal);
        SafetensorsFile.Write(Path, [("a", ones(1))]);
        using (var file = SafetensorsFile.Open(Path)) Assert.Contains("'b'", Assert.Throws<InputException>(() => file.Read("b")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(Path, [("a", ones(1).to(ScalarType.ComplexFloat64))]));
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(Path, [("a", ones(1)), ("a", ones(1))]));
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(Path, [("__metadata__", ones(1))]));
        Assert.Equal([Path], Directory.GetFiles(_folder.Path)); // what failed left nothing
    }

    [Fact]
    public void A_file_can_be_replaced_by_what_was_read_from_it()
    {
        SafetensorsFile.Write(Path, [("a", ones(2))]);
        Tensor read;
        using (var file = SafetensorsFile.Open(Path)) read = file.Read("a");
        SafetensorsFile.Write(Path, [("a", read + 1)]);
        Assert.Equal([2d, 2d], SafetensorsReference.Read(Path).Tensors["a"].Values);
    }
}
