namespace ClipTransfer.Results;

/// <summary>What one model gave on all sets.</summary>
/// <param name="ZeroShot">By prompts, one a set.</param>
/// <param name="Probes">By linear probes, one a set.</param>
public sealed record TransferResult(IReadOnlyList<DownstreamResult> ZeroShot, IReadOnlyList<DownstreamResult> Probes);
