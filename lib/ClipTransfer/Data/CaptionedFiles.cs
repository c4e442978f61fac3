using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Photographs in files, each with its captions.</summary>
public sealed class CaptionedFiles : IPairSource
{
    private readonly string[] _files;
    private readonly IReadOnlyList<string>[] _captions;
    private readonly Lazy<string> _fingerprint;

    internal CaptionedFiles(string name, string description, IEnumerable<(string File, IReadOnlyList<string> Captions)> pairs, IReadOnlyList<SourceRemark>? remarks = null)
    {
        Remarks = remarks ?? [];
        Name = name;
        Description = description;
        var all = pairs.ToArray();
        _files = [.. all.Select(p => p.File)];
        _captions = [.. all.Select(p => p.Captions)];
        _fingerprint = new(() => FileStamp.Of(name, _files.Select(f => new FileInfo(f))));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public int Count => _files.Length;

    /// <inheritdoc/>
    public string Fingerprint => _fingerprint.Value;

    /// <inheritdoc/>
    public IReadOnlyList<SourceRemark> Remarks { get; }

    /// <summary>The file of one picture.</summary>
    public string File(int image) => _files[image];

    /// <inheritdoc/>
    public IReadOnlyList<string> Captions(int image) => _captions[image];

    /// <inheritdoc/>
    /// <exception cref="InputException">The file is broken.</exception>
    public RgbImage ReadImage(int image, int size) => ImageDecoding.ReadSquare(_files[image], size);

    /// <inheritdoc/>
    public string ImageName(int image) => Path.GetFileName(_files[image]);
}
