using System.IO.MemoryMappedFiles;
using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Models.Weights;

/// <summary>A file in the safetensors format (https://huggingface.co/docs/safetensors, "Format"), mapped into memory.</summary>
/// <remarks>
/// Eight bytes with the header's length N (little-endian), N bytes of JSON, then the numbers of all tensors without gap or overlap, in row-major
/// order, little-endian. Nothing is read beyond the header until a tensor is asked for.
/// </remarks>
public sealed class SafetensorsFile : IWeightsFile
{
    /// <summary>The longest header that the format allows.</summary>
    public const long LongestHeader = 100_000_000;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly Dictionary<string, TensorEntry> _byName;

    private SafetensorsFile(string path, MemoryMappedFile file, MemoryMappedViewAccessor view, SafetensorsHeader header)
    {
        (Path, _file, _view) = (path, file, view);
        Entries = header.Entries;
        Metadata = header.Metadata;
        _byName = Entries.ToDictionary(e => e.Name, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyList<TensorEntry> Entries { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Maps a file and checks its header against the format and the file's length.</summary>
    /// <exception cref="InputException">The file is missing, cut off, or breaks the format; the message names the place.</exception>
    public static SafetensorsFile Open(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            var length = stream.Length;
            Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixBytes];
            if (length < prefix.Length) throw SafetensorsHeader.Broken(path, $"has {length} bytes, fewer than the 8 that give the header's length");
            stream.ReadExactly(prefix);
            var headerBytes = SafetensorsHeader.Length(path, prefix, length);
            var file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            MemoryMappedViewAccessor? view = null;
            try
            {
                view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
                var json = new byte[headerBytes];
                view.SafeMemoryMappedViewHandle.ReadSpan((ulong)prefix.Length, json.AsSpan());
                var header = SafetensorsHeader.Parse(path, json, length);
                return new SafetensorsFile(path, file, view, header);
            }
            catch
            {
                view?.Dispose();
                file.Dispose();
                throw;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new InputException(path, $"cannot be read ({error.Message.TrimEnd('.')})", "Name a safetensors file that can be read", error);
        }
    }

    /// <summary>A new CPU tensor of the entry's type and shape; the caller disposes it.</summary>
    /// <exception cref="InputException">There is no such name.</exception>
    public Tensor Read(string name)
    {
        ObjectDisposedException.ThrowIf(!_view.CanRead, this);
        if (!_byName.TryGetValue(name, out var entry))
            throw new InputException(Path, $"holds no tensor '{name}'", $"It has {Entries.Count}, such as {string.Join(", ", Entries.Take(3).Select(e => e.Name))}");
        var tensor = empty([.. entry.Shape], dtype: entry.Type);
        TensorBytes.Visit(tensor, (bytes, at) => _view.SafeMemoryMappedViewHandle.ReadSpan((ulong)(entry.Offset + at), bytes));
        return tensor;
    }

    /// <summary>Writes tensors of any device and layout: beside the target, flushed to disk, renamed over it.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="tensors">Names and tensors; they must live until this returns. The file has them by falling width of their numbers, then by name.</param>
    /// <param name="metadata">Notes beside them, for example <c>format</c> → <c>pt</c>, which transformers asks for.</param>
    /// <exception cref="ArgumentException">A name comes twice or is reserved, or the format has no name for a type.</exception>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, IEnumerable<(string Name, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        // Wide numbers first keeps each tensor aligned to its own width.
        var ordered = tensors.OrderByDescending(t => SafetensorsType.BytesOf(t.Tensor.dtype)).ThenBy(t => t.Name, StringComparer.Ordinal).ToArray();
        var header = SafetensorsHeader.Compose(ordered.Select(t => (t.Name, t.Tensor.dtype, t.Tensor.shape)), metadata);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            foreach (var (_, tensor) in ordered)
            {
                using var scope = NewDisposeScope();
                TensorBytes.Visit(tensor.detach().cpu().contiguous(), (bytes, _) => stream.Write(bytes));
            }
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
