using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Photographs in files, each with its class.</summary>
public sealed class LabelledFiles : ILabelledSource
{
    private readonly string[] _files;
    private readonly int[] _labels;
    private readonly Lazy<string> _fingerprint;

    internal LabelledFiles(
        string name, string description, IReadOnlyList<string> classNames, IReadOnlyList<string> templates, IEnumerable<(string File, int Label)> images)
    {
        Name = name;
        Description = description;
        ClassNames = classNames;
        Templates = templates;
        var all = images.ToArray();
        _files = [.. all.Select(i => i.File)];
        _labels = [.. all.Select(i => i.Label)];
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
    public IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Templates { get; }

    /// <summary>The file of one picture.</summary>
    public string File(int image) => _files[image];

    /// <inheritdoc/>
    public int Label(int image) => _labels[image];

    /// <inheritdoc/>
    /// <exception cref="InputException">The file is broken.</exception>
    public RgbImage ReadImage(int image, int size) => ImageDecoding.ReadSquare(_files[image], size);

    /// <inheritdoc/>
    public string ImageName(int image) => Path.GetFileName(_files[image]);
}
