using ClipTransfer.Runtime;
using Microsoft.Win32.SafeHandles;

namespace ClipTransfer.Data;

/// <summary>One webdataset shard: its samples by number, their bytes read straight from the tar file.</summary>
/// <remarks>
/// A sample is what stands together under one key, the path up to the first dot of its last part (webdataset's convention): a picture, and its caption as
/// <c>.txt</c>, else as <c>caption</c> in <c>.json</c>. The headers are read once; a picture is then one read at a known place.
/// </remarks>
internal sealed class TarShard : IDisposable
{
    private const int LongestCaption = ushort.MaxValue;
    private readonly List<Sample> _samples = [];
    private readonly SafeFileHandle _handle;

    /// <summary>Reads all headers and captions.</summary>
    /// <exception cref="InputException">The file is missing, or no whole tar file.</exception>
    public TarShard(string file)
    {
        FilePath = file;
        try
        {
            _handle = File.OpenHandle(file, options: FileOptions.RandomAccess);
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            Index(new TarStream(stream, file));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DataFolder.Unreadable(file, error);
        }
    }

    /// <summary>The tar file.</summary>
    public string FilePath { get; }

    /// <summary>How many samples have both picture and caption.</summary>
    public int Count => _samples.Count;

    /// <summary>What was left out or mended.</summary>
    public RemarkList Remarks { get; } = new();

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    /// <summary>The picture, decoded.</summary>
    public RgbImage Picture(int sample, int size)
    {
        var at = _samples[sample];
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(at.PictureLength);
        try
        {
            Read(buffer.AsSpan(0, at.PictureLength), at.PictureAt);
            return ImageDecoding.ReadSquare(buffer.AsMemory(0, at.PictureLength), FormattableString.Invariant($"{FilePath} byte {at.PictureAt}"), size);
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The caption.</summary>
    public string Caption(int sample)
    {
        var at = _samples[sample];
        return Caption(at.TextAt, at.TextLength, at.IsJson, out _) ?? "";
    }

    /// <summary>The picture's path in the tar file.</summary>
    public string Name(int sample)
    {
        using var stream = new FileStream(FilePath, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        stream.Position = _samples[sample].HeaderAt;
        return new TarStream(stream, FilePath, stream.Position).Next()?.Name ?? FilePath;
    }

    private void Index(TarStream tar)
    {
        string? key = null;
        TarEntry picture = default, text = default, note = default;
        while (true)
        {
            var entry = tar.Next();
            if (entry is { Kind: not TarEntryKind.File }) continue;
            var (entryKey, extension) = entry is { } found ? Split(found.Name) : (null, "");
            if (entryKey != key)
            {
                Add(key, picture, text, note);
                (key, picture, text, note) = (entryKey, default, default, default);
            }

            if (entry is not { } e) return;
            if (extension == ".txt") text = e;
            else if (extension == ".json") note = e;
            else if (ImageFolder.IsPicture(extension) && picture.DataAt == 0) picture = e;
        }
    }

    private void Add(string? key, TarEntry picture, TarEntry text, TarEntry note)
    {
        if (key is null) return;
        string Place() => $"{Path.GetFileName(FilePath)}: {CaptionText.Shown(key)}";
        if (picture.DataAt == 0)
        {
            if (text.DataAt != 0) Remarks.Add("caption without a picture", Place);
            return;
        }

        var isJson = text.DataAt == 0;
        var source = isJson ? note : text;
        var caption = source.DataAt == 0 || source.Length > LongestCaption ? null : Caption(source.DataAt, (int)source.Length, isJson, out var odd) is { } clean ? (clean, odd) : ((string, bool)?)null;
        if (caption is not ({ Length: > 0 }, _)) Remarks.Add("picture without a caption", Place);
        else if (picture.Length > int.MaxValue) Remarks.Add("picture of more than 2 GB", Place);
        else
        {
            if (caption.Value.Item2) Remarks.Add("caption with control characters", Place);
            _samples.Add(new Sample(picture.HeaderAt, picture.DataAt, (int)picture.Length, source.DataAt, (ushort)source.Length, isJson));
        }
    }

    private string? Caption(long at, int length, bool isJson, out bool odd)
    {
        odd = false;
        var bytes = new byte[length];
        Read(bytes, at);
        var text = isJson ? CaptionJson.Text(bytes, "caption") : CaptionText.Decode(bytes);
        return text is null ? null : CaptionText.Clean(text, out odd);
    }

    private void Read(Span<byte> bytes, long at)
    {
        try
        {
            while (bytes.Length > 0)
            {
                var read = RandomAccess.Read(_handle, bytes, at);
                if (read == 0) throw new InputException(FilePath, "became shorter while it was read", "Leave the file alone while it is in use");
                bytes = bytes[read..];
                at += read;
            }
        }
        catch (IOException error)
        {
            throw DataFolder.Unreadable(FilePath, error);
        }
    }

    private static (string Key, string Extension) Split(string name)
    {
        var dot = name.IndexOf('.', name.LastIndexOf('/') + 1);
        return dot < 0 ? (name, "") : (name[..dot], name[dot..].ToLowerInvariant());
    }

    private readonly record struct Sample(long HeaderAt, long PictureAt, int PictureLength, long TextAt, ushort TextLength, bool IsJson);
}
