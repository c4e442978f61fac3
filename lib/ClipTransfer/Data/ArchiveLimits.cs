namespace ClipTransfer.Data;

/// <summary>How much an archive may unpack to: a small file can claim any size.</summary>
public sealed record ArchiveLimits
{
    /// <summary>The most entries.</summary>
    public long Entries { get; init; } = 5_000_000;

    /// <summary>The most bytes unpacked, for each byte of the archive; photographs hardly pack at all.</summary>
    public long BytesPerByte { get; init; } = 50;

    /// <summary>Bytes that are allowed whatever the archive's length.</summary>
    public long Spare { get; init; } = 64L << 20;
}
