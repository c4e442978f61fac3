using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Pairs in webdataset shards, read straight from the tar files: nothing is unpacked.</summary>
public sealed class TarShards : IPairSource, IDisposable
{
    private readonly TarShard[] _shards;
    private readonly int[] _ends; // samples up to and with each shard
    private readonly Lazy<string> _fingerprint;

    private TarShards(string name, TarShard[] shards)
    {
        Name = name;
        _shards = shards;
        _ends = new int[shards.Length];
        var remarks = new RemarkList();
        for (var s = 0; s < shards.Length; s++)
        {
            _ends[s] = checked((s > 0 ? _ends[s - 1] : 0) + shards[s].Count);
            remarks.Add(shards[s].Remarks.ToList());
        }

        Remarks = remarks.ToList();
        Description = FormattableString.Invariant($"{name}: {Count} pairs in {shards.Length} tar files{remarks}");
        _fingerprint = new(() => FileStamp.Of(name, shards.Select(s => new FileInfo(s.FilePath))));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public int Count => _ends[^1];

    /// <inheritdoc/>
    public string Fingerprint => _fingerprint.Value;

    /// <inheritdoc/>
    public IReadOnlyList<SourceRemark> Remarks { get; }

    /// <summary>Opens shards, in the order given: reads every header once, on all cores.</summary>
    /// <param name="files">The tar files.</param>
    /// <param name="name">The source's name.</param>
    /// <exception cref="InputException">There is no file, one is missing or damaged, or none holds a pair.</exception>
    public static TarShards Open(IReadOnlyList<string> files, string name)
    {
        if (files.Count == 0) throw new InputException(name, "has no tar files", "Name the folder that holds the shards");
        var shards = new TarShard?[files.Count];
        try
        {
            Parallel.For(0, files.Count, new ParallelOptions { CancellationToken = Interrupt.Token, MaxDegreeOfParallelism = Environment.ProcessorCount }, i => shards[i] = new TarShard(files[i]));
        }
        catch (AggregateException error)
        {
            foreach (var shard in shards) shard?.Dispose();
            var first = error.Flatten().InnerExceptions.OfType<InputException>().OrderBy(e => e.Where, StringComparer.Ordinal).FirstOrDefault();
            throw first is null ? error : new InputException(first.Where, first.What, first.Remedy, error);
        }

        var source = new TarShards(name, shards!);
        if (source.Count > 0) return source;
        using (source) throw new InputException(Path.GetDirectoryName(Path.GetFullPath(files[0]))!, $"holds tar files without a picture and its caption{string.Concat(source.Remarks.Select(r => $"; {r.Count} × {r.What}"))}", "Name a folder of webdataset shards");
    }

    /// <summary>Opens all tar files of a folder, in ordinal order of their names.</summary>
    /// <exception cref="InputException">The folder is missing or holds none.</exception>
    public static TarShards Open(string folder, string? name = null)
    {
        if (!Directory.Exists(folder)) throw new InputException(folder, "is missing", "Name a folder of webdataset shards");
        return Open([.. Directory.EnumerateFiles(folder, "*.tar").Order(StringComparer.Ordinal)], name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))));
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Captions(int image)
    {
        var (shard, sample) = Find(image);
        return [shard.Caption(sample)];
    }

    /// <inheritdoc/>
    /// <exception cref="InputException">The picture is broken.</exception>
    public RgbImage ReadImage(int image, int size)
    {
        var (shard, sample) = Find(image);
        return shard.Picture(sample, size);
    }

    /// <inheritdoc/>
    public string ImageName(int image)
    {
        var (shard, sample) = Find(image);
        return $"{Path.GetFileName(shard.FilePath)}/{shard.Name(sample)}";
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var shard in _shards) shard.Dispose();
    }

    private (TarShard Shard, int Sample) Find(int image)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(image);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(image, Count);
        var s = Array.BinarySearch(_ends, image);
        if (s < 0) s = ~s;
        else while (_ends[s] <= image) s++; // its end is the next one's start, and shards may be empty
        while (s > 0 && _ends[s - 1] > image) s--;
        return (_shards[s], image - (s > 0 ? _ends[s - 1] : 0));
    }
}
