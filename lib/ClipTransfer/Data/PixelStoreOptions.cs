namespace ClipTransfer.Data;

/// <summary>Where decoded pictures are kept.</summary>
public enum PixelCache
{
    /// <summary>On disk for what was read from files and for large generated sets, else in memory.</summary>
    Auto,

    /// <summary>In this process's memory, decoded anew each time.</summary>
    Memory,

    /// <summary>In a memory-mapped file that later runs and other processes share.</summary>
    Disk,
}

/// <summary>How a source is decoded into a store.</summary>
public sealed record PixelStoreOptions
{
    /// <summary>Where the pictures are kept.</summary>
    public PixelCache Cache { get; init; } = PixelCache.Auto;

    /// <summary>The folder for cache files; null takes the user's cache folder.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>The largest share of broken pictures that is accepted; more is an error, since then the set itself is in doubt.</summary>
    public double MostBroken { get; init; } = 0.01;

    /// <summary>Decoding threads; 0 takes every core.</summary>
    public int Threads { get; init; }

    /// <summary>Whether a line of progress is shown when decoding takes more than a moment.</summary>
    public bool Progress { get; init; } = true;
}
