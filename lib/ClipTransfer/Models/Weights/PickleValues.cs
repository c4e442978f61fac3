using static TorchSharp.torch;

namespace ClipTransfer.Models.Weights;

/// <summary>A name that a pickle refers to, such as <c>collections.OrderedDict</c>. It is only compared, never looked up.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>A module of a TorchScript archive: its attributes, and nothing that could run.</summary>
internal sealed class PickleObject
{
    public Dictionary<string, object?> Attributes { get; } = new(StringComparer.Ordinal);
}

/// <summary>Numbers in a member of the archive.</summary>
/// <param name="Key">The member's name below <c>data/</c>.</param>
/// <param name="Type">Type of the numbers.</param>
/// <param name="Count">How many.</param>
internal sealed record PickleStorage(string Key, ScalarType Type, long Count);

/// <summary>A view of a storage.</summary>
internal sealed record PickleTensor(PickleStorage Storage, long Offset, long[] Shape, long[] Strides);
