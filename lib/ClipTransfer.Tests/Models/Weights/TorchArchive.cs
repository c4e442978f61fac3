using System.IO.Compression;
using System.Text;

namespace ClipTransfer.Tests.Models.Weights;

/// <summary>Makes files as torch.save does, from the descriptions of the pickle protocol (2) and of PyTorch's zip: the other direction of what is tested.</summary>
internal sealed class TorchArchive
{
    private readonly List<byte> _pickle = [];
    private readonly Dictionary<string, byte[]> _storages = [];
    private readonly Dictionary<string, string> _typeOfKey = [];
    private int _remembered;

    public TorchArchive() => Op(0x80, 2);

    public static string FloatStorage => "FloatStorage";

    public TorchArchive Op(params byte[] bytes)
    {
        _pickle.AddRange(bytes);
        return this;
    }

    /// <summary>MEMOIZE by BINPUT, as Python's pickler does after texts, tuples and containers.</summary>
    public TorchArchive Remember() => _remembered < 256 ? Op((byte)'q', (byte)_remembered++) : Op([(byte)'r', .. BitConverter.GetBytes(_remembered++)]);

    public TorchArchive Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return Op([(byte)'X', .. BitConverter.GetBytes(bytes.Length), .. bytes]).Remember();
    }

    public TorchArchive Number(long number) => number switch
    {
        >= 0 and < 256 => Op((byte)'K', (byte)number),
        >= 0 and < 65536 => Op([(byte)'M', .. BitConverter.GetBytes((ushort)number)]),
        >= int.MinValue and <= int.MaxValue => Op([(byte)'J', .. BitConverter.GetBytes((int)number)]),
        _ => Op([0x8A, 8, .. BitConverter.GetBytes(number)]),
    };

    public TorchArchive Name(string module, string name) => Op([(byte)'c', .. Encoding.ASCII.GetBytes($"{module}\n{name}\n")]).Remember();

    public TorchArchive Tuple(params long[] numbers)
    {
        if (numbers.Length == 0) return Op((byte)')');
        if (numbers.Length > 3) Op((byte)'(');
        foreach (var number in numbers) Number(number);
        return Op(numbers.Length switch { 1 => 0x85, 2 => 0x86, 3 => 0x87, _ => (byte)'t' }).Remember();
    }

    public TorchArchive OrderedDict() => Name("collections", "OrderedDict").Op((byte)')', (byte)'R').Remember();

    /// <summary>A tensor over a storage that was added before: <c>_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, OrderedDict())</c>.</summary>
    public TorchArchive Tensor(string key, long[] shape, long[] strides, long offset = 0, long? count = null, string? type = null)
    {
        var typeName = type ?? _typeOfKey.GetValueOrDefault(key, FloatStorage);
        Name("torch._utils", "_rebuild_tensor_v2").Op((byte)'(');
        Op((byte)'(').Text("storage").Name("torch", typeName).Text(key).Text("cpu").Number(count ?? _storages[key].Length / Width(typeName)).Op((byte)'t').Remember().Op((byte)'Q');
        Number(offset).Tuple(shape).Tuple(strides).Op(0x89).OrderedDict();
        return Op((byte)'t').Remember().Op((byte)'R').Remember();
    }

    public TorchArchive Storage(string key, string type, byte[] bytes)
    {
        _storages[key] = bytes;
        _typeOfKey[key] = type;
        return this;
    }

    public TorchArchive Storage(string key, params float[] values) => Storage(key, FloatStorage, [.. values.SelectMany(BitConverter.GetBytes)]);

    /// <summary>The pickle so far, ended.</summary>
    public byte[] Pickle() => [.. _pickle, (byte)'.'];

    public byte[] Zip(CompressionLevel level = CompressionLevel.NoCompression, string byteOrder = "little", byte[]? pickle = null)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            void Add(string name, byte[] bytes)
            {
                using var member = zip.CreateEntry("archive/" + name, level).Open();
                member.Write(bytes);
            }

            Add("data.pkl", pickle ?? Pickle());
            Add("byteorder", Encoding.ASCII.GetBytes(byteOrder));
            foreach (var (key, bytes) in _storages) Add("data/" + key, bytes);
            Add("version", "3\n"u8.ToArray());
        }

        return stream.ToArray();
    }

    private static int Width(string type) => type switch
    {
        "DoubleStorage" or "LongStorage" => 8,
        "FloatStorage" or "IntStorage" => 4,
        "HalfStorage" or "BFloat16Storage" or "ShortStorage" => 2,
        _ => 1,
    };
}
