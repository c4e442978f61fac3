namespace ClipTransfer.Data;

/// <summary>Something in a set that its reader left out or mended.</summary>
/// <param name="What">What, for example <c>caption with control characters</c>.</param>
/// <param name="Count">How often.</param>
/// <param name="Places">Where, the first thousand.</param>
public sealed record SourceRemark(string What, int Count, IReadOnlyList<string> Places);
