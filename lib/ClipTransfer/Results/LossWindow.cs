namespace ClipTransfer.Results;

/// <summary>A stretch of the loss curve.</summary>
/// <param name="Pairs">Pairs seen at its middle.</param>
/// <param name="Loss">Mean of the total.</param>
/// <param name="Terms">Means of the terms.</param>
public sealed record LossWindow(double Pairs, double Loss, IReadOnlyDictionary<string, double> Terms);
