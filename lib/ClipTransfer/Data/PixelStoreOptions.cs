namespace ClipTransfer.Data;

/// <summary>How a source is decoded into a store.</summary>
public sealed record PixelStoreOptions
{
    /// <summary>The largest share of broken pictures that is accepted; more is an error, since then the set itself is in doubt.</summary>
    public double MostBroken { get; init; } = 0.01;

    /// <summary>Decoding threads; 0 takes every core.</summary>
    public int Threads { get; init; }

    /// <summary>Whether a line of progress is shown when decoding takes more than a moment.</summary>
    public bool Progress { get; init; } = true;
}
