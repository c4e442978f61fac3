namespace ClipTransfer.Results;

/// <summary>A claim of the paper with everything that the ledger says of it.</summary>
/// <param name="Claim">The claim.</param>
/// <param name="Tests">Its tests, in the order of the notebooks.</param>
public sealed record VerdictEntry(PaperClaim Claim, IReadOnlyList<VerdictTest> Tests)
{
    /// <summary>
    /// What the tests say together. Evidence alone counts; tests of our code and tautologies count only where there is no evidence, since they show that the claim is built
    /// as the paper says, not that the world is so.
    /// </summary>
    public Outcome Outcome
    {
        get
        {
            if (Tests.Count == 0) return Outcome.NoVerdict;
            var evidence = Tests.Where(test => test.Claim.Kind == ClaimKind.Evidence).ToArray();
            var verdicts = (evidence.Length > 0 ? evidence : [.. Tests]).Select(test => test.Claim.Verdict).ToArray();
            var (holds, fails) = (verdicts.Contains(Verdict.Holds), verdicts.Contains(Verdict.DoesNotHold));
            return (holds, fails) switch { (true, true) => Outcome.Mixed, (true, false) => Outcome.Holds, (false, true) => Outcome.DoesNotHold, _ => Outcome.NotDecided };
        }
    }

    /// <summary>Whether any of the tests is evidence.</summary>
    public bool HasEvidence => Tests.Any(test => test.Claim.Kind == ClaimKind.Evidence);
}
