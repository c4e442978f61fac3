using System.Security.Cryptography;
using ClipTransfer.Runtime;
using Microsoft.Win32.SafeHandles;

namespace ClipTransfer.Data;

/// <summary>STL-10's records: 27,648 bytes as planes R, G, B of 96 × 96, each column by column; labels 1 … 10 in a file of their own.</summary>
public sealed class StlRecords : ILabelledSource
{
    /// <summary>The side of every picture in pixels.</summary>
    public const int Side = 96;

    private const int PixelBytes = 3 * Side * Side;
    private readonly string _file;
    private readonly string _labelFile;
    private readonly SafeFileHandle _handle;
    private readonly byte[] _labels;
    private readonly int[]? _only;
    private readonly Lazy<string> _fingerprint;

    internal StlRecords(string name, string file, string labelFile, IReadOnlyList<string> classNames, IReadOnlyList<string> templates, int release)
    {
        (Name, ClassNames, Templates, _file, _labelFile) = (name, classNames, templates, file, labelFile);
        try
        {
            _handle = File.OpenHandle(file, options: FileOptions.RandomAccess);
            var length = RandomAccess.GetLength(_handle);
            if (length == 0) throw new InputException(file, "holds no record", "Fetch the set again");
            if (length % PixelBytes != 0)
                throw new InputException(file, $"is cut inside record {length / PixelBytes}: {length} bytes are no multiple of {PixelBytes}", "Fetch the set again, or cut the file after a whole record");
            // The length comes first: a label file of any size is read only where it fits.
            var labels = new FileInfo(labelFile).Length;
            if (labels != length / PixelBytes) throw new InputException(labelFile, $"holds {labels} labels for {length / PixelBytes} pictures in {Path.GetFileName(file)}", "Fetch the set again");
            _labels = File.ReadAllBytes(labelFile);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DataFolder.Unreadable(error is FileNotFoundException { FileName: { } missing } ? missing : file, error);
        }

        var wrong = Array.FindIndex(_labels, label => label < 1 || label > classNames.Count);
        if (wrong >= 0) throw new InputException($"{labelFile} record {wrong}", $"has label {_labels[wrong]}, but labels are 1 to {classNames.Count}", "Fetch the set again");
        Description = FormattableString.Invariant(
            $"{name}: {Count} pictures{(Count < release ? $" (subset {Count} of {release})" : "")}, {classNames.Count} classes in {Path.GetFileName(Path.GetDirectoryName(file))}");
        _fingerprint = new(() => $"{Name} records {Hash()}");
    }

    private StlRecords(StlRecords all, int[] only)
    {
        (Name, ClassNames, Templates, _file, _labelFile, _handle, _labels, _only) = (all.Name, all.ClassNames, all.Templates, all._file, all._labelFile, all._handle, all._labels, only);
        Description = FormattableString.Invariant($"{Name}: {only.Length} of: {all.Description}");
        _fingerprint = new(() => $"{Name} records {Hash()} {Convert.ToHexStringLower(SHA256.HashData(System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>(only)))}");
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public int Count => _only?.Length ?? _labels.Length;

    /// <inheritdoc/>
    public string Fingerprint => _fingerprint.Value;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Templates { get; }

    /// <inheritdoc/>
    public int Label(int image) => _labels[Record(image)] - 1;

    /// <inheritdoc/>
    public RgbImage ReadImage(int image, int size)
    {
        var record = Record(image);
        var planes = new byte[PixelBytes];
        try
        {
            if (RandomAccess.Read(_handle, planes, (long)record * PixelBytes) != PixelBytes)
                throw new InputException(_file, $"became shorter while it was read (record {record})", "Leave the file alone while it is in use");
        }
        catch (IOException error)
        {
            throw DataFolder.Unreadable(_file, error);
        }

        var pixels = new byte[PixelBytes];
        for (var plane = 0; plane < 3; plane++)
            for (var x = 0; x < Side; x++)
                for (var y = 0; y < Side; y++) pixels[(((y * Side) + x) * 3) + plane] = planes[(((plane * Side) + x) * Side) + y];
        var picture = new RgbImage(Side, Side, pixels);
        return size == Side ? picture : SquareResampler.Resample(picture, size);
    }

    /// <inheritdoc/>
    public string ImageName(int image) => FormattableString.Invariant($"{Path.GetFileName(_file)} record {Record(image)}");

    /// <summary>Some of the records, in the order given.</summary>
    internal StlRecords Only(int[] records) => new(this, records);

    private int Record(int image)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(image);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(image, Count);
        return _only?[image] ?? image;
    }

    private string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in new[] { _file, _labelFile })
        {
            using var stream = File.OpenRead(file);
            hash.AppendData(SHA256.HashData(stream));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
