namespace ClipTransfer.Runtime;

/// <summary>How far a piece of long work is.</summary>
/// <param name="Text">All of it in one line: what is done, how far, the rate, the time left.</param>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all; 0 when that is unknown.</param>
/// <param name="Unit">What is counted, in the plural.</param>
/// <param name="Finished">Whether this is the end.</param>
/// <param name="Curve">A value over the units done, for example the loss; null where none is measured.</param>
public sealed record ProgressState(string Text, long Done, long Total, string Unit, bool Finished, ProgressCurve? Curve = null);
