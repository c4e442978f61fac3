using static TorchSharp.torch;

namespace ClipTransfer.Models.Weights;

/// <summary>One tensor of a file of weights.</summary>
/// <param name="Name">Its name, for example <c>visual.conv1.weight</c>.</param>
/// <param name="Type">Type of its numbers.</param>
/// <param name="Shape">Its shape; empty for a scalar.</param>
/// <param name="Offset">Its first byte, counted from the start of the file (of its shard, of its storage) that holds it.</param>
/// <param name="Bytes">How many bytes of numbers it has.</param>
public sealed record TensorEntry(string Name, ScalarType Type, IReadOnlyList<long> Shape, long Offset, long Bytes)
{
    /// <summary>The shape as text, for example <c>[64, 3, 7, 7]</c>.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}
