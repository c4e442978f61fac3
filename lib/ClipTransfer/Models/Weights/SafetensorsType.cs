using static TorchSharp.torch;

namespace ClipTransfer.Models.Weights;

/// <summary>The format's names of number types.</summary>
internal static class SafetensorsType
{
    private static readonly (string Name, ScalarType Type, int Bytes)[] _types =
    [
        ("F64", ScalarType.Float64, 8), ("F32", ScalarType.Float32, 4), ("F16", ScalarType.Float16, 2), ("BF16", ScalarType.BFloat16, 2),
        ("I64", ScalarType.Int64, 8), ("I32", ScalarType.Int32, 4), ("I16", ScalarType.Int16, 2), ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1), ("BOOL", ScalarType.Bool, 1),
    ];

    /// <summary>Names that can be read, for messages.</summary>
    public static string Known => string.Join(", ", _types.Select(t => t.Name));

    /// <summary>The type of a name; null where it is unknown.</summary>
    public static ScalarType? Named(string? name) => Array.Find(_types, t => t.Name == name) is { Name: not null } found ? found.Type : null;

    /// <summary>The name of a type.</summary>
    /// <exception cref="ArgumentException">The format has none for it.</exception>
    public static string NameOf(ScalarType type) =>
        Array.Find(_types, t => t.Type == type).Name ?? throw new ArgumentException($"numbers of type {type} cannot be written to safetensors");

    /// <summary>Bytes of one number of a type that has a name.</summary>
    public static int BytesOf(ScalarType type) => Array.Find(_types, t => t.Type == type).Bytes;
}
