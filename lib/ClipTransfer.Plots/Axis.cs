namespace ClipTransfer.Plots;

/// <summary>One axis of a figure: what it shows, in which unit, on which scale.</summary>
/// <param name="Title">What is on it, for example <c>Epoch</c>.</param>
/// <param name="Unit">The unit, for example <c>%</c>; null for a pure number.</param>
/// <param name="Log">Whether the scale is logarithmic (values that are not positive are left out).</param>
/// <param name="Min">The lower end; null takes it from the data.</param>
/// <param name="Max">The upper end; null takes it from the data.</param>
public sealed record Axis(string Title, string? Unit = null, bool Log = false, double? Min = null, double? Max = null)
{
    /// <summary>The title with its unit in brackets, as it stands beside the axis.</summary>
    internal string Label => string.IsNullOrEmpty(Unit) ? Title : $"{Title} ({Unit})";

    /// <summary>The name of the axis in a CSV header.</summary>
    internal string Column => string.IsNullOrEmpty(Unit) ? Title : $"{Title} [{Unit}]";
}
