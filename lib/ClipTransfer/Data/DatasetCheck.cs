using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>One split of a set as found.</summary>
/// <param name="Split">Its name.</param>
/// <param name="Count">Pictures found; 0 where the split is absent.</param>
/// <param name="Release">Pictures in the release.</param>
public sealed record SplitCheck(string Split, int Count, int Release)
{
    /// <summary><c>train 50000</c>, <c>test subset 1017 of 10000</c>, or <c>train absent</c>.</summary>
    public override string ToString() =>
        Count == 0 ? $"{Split} absent"
        : Count < Release ? FormattableString.Invariant($"{Split} subset {Count} of {Release}")
        : Count == Release ? FormattableString.Invariant($"{Split} {Count}")
        : FormattableString.Invariant($"{Split} {Count} (the release has {Release})");
}

/// <summary>The result of checking one set.</summary>
/// <param name="Name">The set.</param>
/// <param name="Folder">Where it lies; null where it was not found.</param>
/// <param name="Splits">What each split holds.</param>
/// <param name="Broken">Pictures that cannot be decoded, where decoding was asked for.</param>
/// <param name="Damage">What is wrong, naming the file; null where nothing is.</param>
public sealed record DatasetCheck(string Name, string? Folder, IReadOnlyList<SplitCheck> Splits, IReadOnlyList<BrokenImage> Broken, InputException? Damage)
{
    /// <summary>Archives of the set that lie in the downloads and have the published hash.</summary>
    public IReadOnlyList<string> Archives { get; init; } = [];

    /// <summary>Whether something is wrong with what is there. A set that is absent or smaller than its release is not damaged.</summary>
    public bool Damaged => Damage is not null || Broken.Count > 0;

    /// <summary>One line, the damaged file named last.</summary>
    public override string ToString() =>
        Damage is not null ? $"{Name}: damaged: {Damage.Message}"
        : Folder is null ? $"{Name}: not here{Kept}"
        : Broken.Count > 0 ? FormattableString.Invariant($"{Name}: {string.Join(", ", Splits)}; {Broken.Count} broken: {string.Join("; ", Broken.Take(5).Select(b => $"{b.Name} {b.Reason}"))}")
        : $"{Name}: ok, {string.Join(", ", Splits)}{Kept}";

    private string Kept => Archives.Count > 0 ? $"; archives ok: {string.Join(", ", Archives)}" : "";
}
