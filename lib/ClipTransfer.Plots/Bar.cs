namespace ClipTransfer.Plots;

/// <summary>One bar of a figure.</summary>
/// <param name="Category">Its place on the x axis, for example a data set.</param>
/// <param name="Group">Its legend entry, for example a method.</param>
/// <param name="Value">Its height.</param>
/// <param name="Low">Lower end of the interval around the value; null for none.</param>
/// <param name="High">Upper end of the interval around the value; null for none.</param>
public sealed record Bar(string Category, string Group, double Value, double? Low = null, double? High = null);
