using System.IO.Compression;
using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Models.Weights;

/// <summary>Weights that PyTorch wrote by <c>torch.save</c> (1.6 and later) or as a TorchScript archive: a zip with a pickle and one member a storage.</summary>
/// <remarks>
/// <c>NAME/data.pkl</c> describes the tensors, <c>NAME/data/KEY</c> holds their numbers, uncompressed. Nothing of the pickle is run: see <see cref="PickleReader"/>. Names are the
/// dictionary's keys; nested dictionaries and modules join theirs by dots. Where the outermost dictionary has <c>state_dict</c>, <c>model_state_dict</c> or <c>model</c>, only that is shown.
/// </remarks>
public sealed class TorchFile : IWeightsFile
{
    private const int DeepestNesting = 64;
    private static readonly string[] _wrappers = ["state_dict", "model_state_dict", "model"];
    private readonly ZipArchive _archive;
    private readonly string _folder;
    private readonly long _fileBytes;
    private readonly Dictionary<string, PickleTensor> _tensors = new(StringComparer.Ordinal);
    private readonly HashSet<string> _sharedKeys;
    private readonly Dictionary<PickleStorage, Tensor> _sharedStorages = [];

    private TorchFile(string path, ZipArchive archive, long fileBytes)
    {
        (Path, _archive, _fileBytes) = (path, archive, fileBytes);
        var pickles = archive.Entries.Where(e => e.FullName.EndsWith("/data.pkl", StringComparison.Ordinal) && e.FullName.Count(c => c == '/') == 1).Take(2).ToArray();
        if (pickles.Length != 1) throw Broken($"has {(pickles.Length == 0 ? "no" : "several")} data.pkl");
        _folder = pickles[0].FullName[..^"data.pkl".Length];
        if (archive.GetEntry(_folder + "byteorder") is { } order && System.Text.Encoding.ASCII.GetString(Bytes(order)).Trim() != "little") throw Broken("holds big-endian numbers");
        Collect(Unwrap(PickleReader.Read(Bytes(pickles[0]), fileBytes)), "", 0, new HashSet<object>(ReferenceEqualityComparer.Instance));
        Entries = [.. _tensors.Select(t => new TensorEntry(t.Key, t.Value.Storage.Type, t.Value.Shape,
            t.Value.Offset * SafetensorsType.BytesOf(t.Value.Storage.Type), TensorBytes.Length(t.Value.Shape, SafetensorsType.BytesOf(t.Value.Storage.Type))!.Value))];
        _sharedKeys = [.. _tensors.Values.GroupBy(t => t.Storage.Key, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key)];
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <summary>What it holds; <see cref="TensorEntry.Offset"/> counts from the start of the tensor's storage.</summary>
    public IReadOnlyList<TensorEntry> Entries { get; }

    /// <summary>Empty: the format has no notes.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    /// <summary>Opens a file and reads what it says of its tensors, not yet their numbers.</summary>
    /// <exception cref="InputException">The file is missing, damaged, of PyTorch's older format, or refers to anything that is no tensor or container.</exception>
    public static TorchFile Open(string path)
    {
        ZipArchive? archive = null;
        try
        {
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            try
            {
                if (stream.ReadByte() == 0x80)
                    throw new InputException(path, "is in PyTorch's format before 1.6, a bare pickle", "Load and save it once with a newer PyTorch, or fetch the safetensors file");
                stream.Position = 0;
                archive = new ZipArchive(stream, ZipArchiveMode.Read);
            }
            catch
            {
                stream.Dispose();
                throw;
            }

            return new TorchFile(path, archive, stream.Length);
        }
        catch (Exception error)
        {
            archive?.Dispose();
            if (Explain(path, error) is { } explained) throw explained;
            throw;
        }
    }

    /// <summary>A new CPU tensor, contiguous unless its storage is shared or strided: then it is a view, as it was when it was saved.</summary>
    /// <exception cref="InputException">There is no such name, or the member with its numbers is missing or cut off.</exception>
    public Tensor Read(string name)
    {
        if (!_tensors.TryGetValue(name, out var tensor))
            throw new InputException(Path, $"holds no tensor '{name}'", $"It has {Entries.Count}, such as {string.Join(", ", Entries.Take(3).Select(e => e.Name))}");
        try
        {
            if (_sharedKeys.Contains(tensor.Storage.Key)) return View(Shared(tensor.Storage), tensor);
            using var storage = Load(tensor.Storage);
            return View(storage, tensor);
        }
        catch (Exception error) when (Explain(Path, error) is { } explained)
        {
            throw explained;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var storage in _sharedStorages.Values) storage.Dispose();
        _sharedStorages.Clear();
        _archive.Dispose();
    }

    private static Tensor View(Tensor storage, PickleTensor tensor) => storage.as_strided(tensor.Shape, tensor.Strides, tensor.Offset);

    private Tensor Shared(PickleStorage storage)
    {
        if (!_sharedStorages.TryGetValue(storage, out var numbers)) _sharedStorages[storage] = numbers = Load(storage).DetachFromDisposeScope();
        return numbers;
    }

    private Tensor Load(PickleStorage storage)
    {
        var member = _archive.GetEntry($"{_folder}data/{storage.Key}") ?? throw Broken($"lacks the numbers 'data/{storage.Key}'");
        if ((Int128)storage.Count * SafetensorsType.BytesOf(storage.Type) is var bytes && bytes != member.Length)
            throw Broken($"has {member.Length} bytes in 'data/{storage.Key}', not {bytes}");
        using var stream = OpenStored(member);
        var numbers = empty([storage.Count], dtype: storage.Type);
        try
        {
            TensorBytes.Visit(numbers, (piece, _) => stream.ReadExactly(piece));
            return numbers;
        }
        catch
        {
            numbers.Dispose();
            throw;
        }
    }

    private byte[] Bytes(ZipArchiveEntry member)
    {
        using var stream = OpenStored(member);
        var bytes = new byte[member.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    // A compressed member could be a thousand times its length in the file; PyTorch writes none.
    private Stream OpenStored(ZipArchiveEntry member) => member.Length == member.CompressedLength && member.Length <= _fileBytes
        ? member.Open()
        : throw Broken($"has the compressed member '{member.FullName}', which PyTorch does not write");

    private static object? Unwrap(object? root)
    {
        for (var depth = 0; depth < DeepestNesting && root is Dictionary<string, object?> dictionary; depth++)
        {
            var inner = _wrappers.Select(name => dictionary.GetValueOrDefault(name)).FirstOrDefault(value => value is Dictionary<string, object?>);
            if (inner is null) break;
            root = inner;
        }

        return root;
    }

    private void Collect(object? value, string name, int depth, HashSet<object> seen)
    {
        if (value is PickleTensor tensor)
        {
            if (!_tensors.TryAdd(name, tensor)) throw Broken($"names '{name}' twice");
            return;
        }

        if ((value as Dictionary<string, object?> ?? (value as PickleObject)?.Attributes) is not { } children)
        {
            if (depth == 0) throw Broken("holds no dictionary of tensors");
            return; // counters and settings beside the tensors
        }

        if (depth == DeepestNesting || !seen.Add(children)) throw Broken($"nests '{name}' in itself, twice, or too deep");
        foreach (var (key, child) in children) Collect(child, name.Length == 0 ? key : $"{name}.{key}", depth + 1, seen);
    }

    private InputException Broken(string what) => new(Path, what, "Fetch or save it again");

    private static InputException? Explain(string path, Exception error) => error switch
    {
        PickleException => new InputException(path, error.Message, "Use weights saved by torch.save(model.state_dict()), or a safetensors file", error),
        InvalidDataException or IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException =>
            new InputException(path, $"cannot be read as a file of PyTorch ({error.Message.TrimEnd('.')})", "Fetch or save it again", error),
        _ => null,
    };
}
