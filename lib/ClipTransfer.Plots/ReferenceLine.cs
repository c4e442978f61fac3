namespace ClipTransfer.Plots;

/// <summary>A labelled line across a figure: chance level, a bound, a value of the paper.</summary>
/// <param name="Label">What it is.</param>
/// <param name="Value">Where it lies, on the y axis, or on the x axis if <paramref name="Vertical"/>.</param>
/// <param name="Vertical">Whether the line stands upright.</param>
public sealed record ReferenceLine(string Label, double Value, bool Vertical = false);
