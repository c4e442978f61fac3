namespace ClipTransfer.Data;

/// <summary>How patient a download is.</summary>
public sealed record DownloadOptions
{
    /// <summary>How long a server may send nothing before the connection is given up and made anew.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How many connections in a row may end without one byte more than before.</summary>
    public int Attempts { get; init; } = 6;

    /// <summary>The pause before the second connection; it doubles each time, up to a minute.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest file that is taken where its length was not published.</summary>
    public long MostBytes { get; init; } = 1L << 37;

    /// <summary>Where the line of progress goes; null shows none.</summary>
    public TextWriter? Progress { get; init; } = Console.Out;
}
