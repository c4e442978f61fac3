namespace ClipTransfer.Results;

/// <summary>What all tests of one claim of the paper say together.</summary>
public enum Outcome
{
    /// <summary>Every test that decides says that it holds.</summary>
    Holds,

    /// <summary>Some tests say that it holds, others that it does not.</summary>
    Mixed,

    /// <summary>Every test that decides says that it does not hold.</summary>
    DoesNotHold,

    /// <summary>There are tests, and none decides.</summary>
    NotDecided,

    /// <summary>No entry of the ledger tests it.</summary>
    NoVerdict,
}
