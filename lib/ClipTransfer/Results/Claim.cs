using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClipTransfer.Results;

/// <summary>What a notebook says of a claim after measuring it.</summary>
public enum Verdict
{
    /// <summary>The measurement agrees with the claim.</summary>
    [JsonStringEnumMemberName("holds")]
    Holds,

    /// <summary>The measurement contradicts the claim.</summary>
    [JsonStringEnumMemberName("does not hold")]
    DoesNotHold,

    /// <summary>What was measured cannot decide: too small, too few seeds, or constants that the paper leaves open.</summary>
    [JsonStringEnumMemberName("not testable here")]
    NotTestableHere,
}

/// <summary>What a measurement is worth. A reader must never take one for the other.</summary>
public enum ClaimKind
{
    /// <summary>It could have come out otherwise.</summary>
    [JsonStringEnumMemberName("evidence")]
    Evidence,

    /// <summary>It checks our code against a closed form.</summary>
    [JsonStringEnumMemberName("test of our code")]
    CodeTest,

    /// <summary>It is true by algebra for every input.</summary>
    [JsonStringEnumMemberName("tautology")]
    Tautology,
}

/// <summary>One entry of the ledger: a claim of the paper (or of ours), and what was measured.</summary>
/// <param name="Id">Stable name, for example <c>T1-unintended-positives</c>; one entry is kept per (id, profile, data).</param>
/// <param name="Notebook">The notebook's number, for example <c>01</c>.</param>
/// <param name="Statement">The claim in one sentence.</param>
/// <param name="Source">Where it stands, for example <c>Theorem 4.2</c> or <c>ours</c>.</param>
/// <param name="Mark">How sure we are that the paper says so: S, R, R+, D or ?.</param>
/// <param name="Verdict">What the measurement says.</param>
/// <param name="Kind">What the measurement is worth.</param>
/// <param name="Measured">The value; null where there is none.</param>
/// <param name="Unit">The value's unit or what it counts.</param>
/// <param name="Interval">Two ends of the 95 % interval; null with a <paramref name="Reason"/>.</param>
/// <param name="Reason">Why there is no interval, or how it was made.</param>
/// <param name="N">How many values the interval rests on.</param>
/// <param name="Seeds">The seeds used; empty where nothing is random.</param>
/// <param name="Data">The data's name, for example <c>Scenes</c>.</param>
/// <param name="Profile">quick, default, full or paper.</param>
/// <param name="Settings">The settings that gave the value.</param>
public sealed record Claim(
    string Id,
    string Notebook,
    string Statement,
    string Source,
    string Mark,
    Verdict Verdict,
    ClaimKind Kind,
    double? Measured,
    string? Unit,
    IReadOnlyList<double>? Interval,
    string? Reason,
    int N,
    IReadOnlyList<long> Seeds,
    string Data,
    string Profile,
    IReadOnlyDictionary<string, JsonElement> Settings);
