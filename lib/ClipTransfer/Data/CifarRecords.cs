using System.Security.Cryptography;
using ClipTransfer.Runtime;
using Microsoft.Win32.SafeHandles;

namespace ClipTransfer.Data;

/// <summary>CIFAR's binary records: label bytes, then 3072 bytes as planes R, G, B of 32 × 32. Files may hold fewer records than the release.</summary>
public sealed class CifarRecords : ILabelledSource
{
    /// <summary>The side of every picture in pixels.</summary>
    public const int Side = 32;

    private const int PixelBytes = 3 * Side * Side;
    private readonly List<(string File, SafeFileHandle Handle, int First)> _files = [];
    private readonly List<byte> _labels = [];
    private readonly int _labelBytes;
    private readonly Lazy<string> _fingerprint;

    /// <summary>Reads and checks every record of the files.</summary>
    /// <param name="name">The source's name.</param>
    /// <param name="files">The record files, in order.</param>
    /// <param name="classNames">The classes in label order.</param>
    /// <param name="templates">Prompt templates.</param>
    /// <param name="labelBytes">1 (CIFAR-10), or 2 (CIFAR-100: coarse, then the fine label, which counts).</param>
    /// <param name="release">How many records the release holds.</param>
    /// <exception cref="InputException">A file is missing, empty, cut inside a record, or holds a label out of range.</exception>
    internal CifarRecords(
        string name, IReadOnlyList<string> files, IReadOnlyList<string> classNames, IReadOnlyList<string> templates, int labelBytes, int release)
    {
        Name = name;
        ClassNames = classNames;
        Templates = templates;
        _labelBytes = labelBytes;
        foreach (var file in files) Add(file);
        Description = FormattableString.Invariant(
            $"{name}: {Count} pictures{(Count < release ? $" (subset {Count} of {release})" : "")}, {classNames.Count} classes in {Path.GetFileName(Path.GetDirectoryName(files[0]))}");
        _fingerprint = new(() => $"{name} records {Hash()}");
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public int Count => _labels.Count;

    /// <inheritdoc/>
    public string Fingerprint => _fingerprint.Value;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Templates { get; }

    private int RecordBytes => _labelBytes + PixelBytes;

    /// <inheritdoc/>
    public int Label(int image) => _labels[image];

    /// <inheritdoc/>
    public RgbImage ReadImage(int image, int size)
    {
        var (file, handle, first) = FileOf(image);
        var planes = new byte[PixelBytes];
        try
        {
            if (RandomAccess.Read(handle, planes, ((long)(image - first) * RecordBytes) + _labelBytes) != PixelBytes)
                throw new InputException(file, $"became shorter while it was read (record {image - first})", "Leave the file alone while it is in use");
        }
        catch (IOException error)
        {
            throw DataFolder.Unreadable(file, error);
        }

        var picture = RgbImage.FromPlanes(Side, Side, planes);
        return size == Side ? picture : SquareResampler.Resample(picture, size);
    }

    /// <inheritdoc/>
    public string ImageName(int image)
    {
        var (file, _, first) = FileOf(image);
        return $"{Path.GetFileName(file)} record {image - first}";
    }

    private (string File, SafeFileHandle Handle, int First) FileOf(int image)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(image);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(image, Count);
        return _files.FindLast(f => f.First <= image);
    }

    private void Add(string file)
    {
        try
        {
            var handle = File.OpenHandle(file, options: FileOptions.RandomAccess);
            var length = RandomAccess.GetLength(handle);
            var records = length / RecordBytes;
            if (length == 0) throw new InputException(file, "holds no record", "Fetch the set again");
            if (length % RecordBytes != 0)
                throw new InputException(file, $"is cut inside record {records}: {length} bytes are no multiple of {RecordBytes}", "Fetch the set again, or cut the file after a whole record");
            if (records + Count > int.MaxValue) throw new InputException(file, $"holds {records} records, more than can be counted", "Name the file of the release");
            _files.Add((file, handle, Count));
            Span<byte> labels = stackalloc byte[_labelBytes];
            for (var record = 0L; record < records; record++)
            {
                _ = RandomAccess.Read(handle, labels, record * RecordBytes);
                var label = labels[^1];
                if (label >= ClassNames.Count)
                    throw new InputException($"{file} record {record}", $"has label {label}, but there are {ClassNames.Count} classes (0 to {ClassNames.Count - 1})", "Fetch the set again");
                _labels.Add(label);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DataFolder.Unreadable(file, error);
        }
    }

    private string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (file, _, _) in _files)
        {
            using var stream = File.OpenRead(file);
            var buffer = new byte[1 << 20];
            int read;
            while ((read = stream.Read(buffer)) > 0) hash.AppendData(buffer, 0, read);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
