namespace ClipTransfer.Results;

/// <summary>Something that the paper says, that its reviewers asked, or that is new here, with the ledger's claims that test it.</summary>
/// <param name="Part">Where it belongs: <c>The setting</c>, <c>Experiments</c>, …</param>
/// <param name="Item">Where it stands: <c>Theorem 4.2</c>.</param>
/// <param name="Statement">In one sentence.</param>
/// <param name="Mark">How sure we are that the paper says so: S, R, R+, D or ?.</param>
/// <param name="Tests">Ids of the ledger; empty where nothing can test it.</param>
/// <param name="Why">Why nothing tests it, or what the tests leave open; null where there is nothing to say.</param>
/// <param name="Photographs">Whether it is about real data, so that tests on generated data say nothing of it.</param>
public sealed record PaperClaim(string Part, string Item, string Statement, string Mark, IReadOnlyList<string> Tests, string? Why = null, bool Photographs = false);
