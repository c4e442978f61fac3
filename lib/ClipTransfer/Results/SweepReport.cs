namespace ClipTransfer.Results;

/// <summary>How a sweep went.</summary>
/// <param name="Done">Runs that were there already, with the same settings, tests and code version.</param>
/// <param name="Ran">Runs that were done now.</param>
/// <param name="Failed">Runs that could not be done, with the reason.</param>
public sealed record SweepReport(int Done, int Ran, IReadOnlyList<(string Name, string Reason)> Failed);
