using ClipTransfer.Data;

namespace ClipTransfer.Plots;

/// <summary>One picture of an <see cref="ImageGrid"/>.</summary>
/// <param name="Image">The pixels.</param>
/// <param name="Label">What stands under it, and what a screen reader says.</param>
/// <param name="Note">A second, smaller line; null for none.</param>
public sealed record ImageTile(RgbImage Image, string Label, string? Note = null);
