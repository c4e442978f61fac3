namespace ClipTransfer.Training;

/// <summary>The learning rates of the model's parts in a step.</summary>
/// <param name="Image">The image tower's.</param>
/// <param name="Text">The text tower's.</param>
/// <param name="Heads">Of projection heads and logit scale.</param>
public sealed record PartRates(double Image, double Text, double Heads);
