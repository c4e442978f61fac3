using ClipTransfer.Evaluation;

namespace ClipTransfer.Results;

/// <summary>The joint space after an epoch.</summary>
/// <param name="Epoch">From 1; 0 is before training.</param>
/// <param name="Geometry">Over held-out pairs.</param>
/// <param name="MedianMargin">Median of own caption's score minus the best other's, in batches of held-out pairs.</param>
/// <param name="Temperature">τ.</param>
public sealed record EpochGeometry(int Epoch, Geometry Geometry, double MedianMargin, double Temperature);
