namespace ClipTransfer.Plots;

/// <summary>The names of a chart's series and what stands before each.</summary>
internal sealed record Legend(IReadOnlyList<string> Names, SvgCanvas.Key Key)
{
    /// <summary>For charts whose series need no names.</summary>
    internal static Legend None { get; } = new([], SvgCanvas.Key.Line);

    internal bool Says(Legend other) => Key == other.Key && Names.SequenceEqual(other.Names);
}
