namespace ClipTransfer.Results;

/// <summary>One test of a claim: the ledger's entry, and what a run of one's own said of it.</summary>
/// <param name="Claim">The entry that counts: the published one, or where there is none that of this run.</param>
/// <param name="Published">Whether it is published.</param>
/// <param name="Here">The entry of this run; null where it was not measured here.</param>
public sealed record VerdictTest(Claim Claim, bool Published, Claim? Here);
