using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace ClipTransfer.Tests.Models.Weights;

/// <summary>The safetensors format read and written a second time, from its specification alone: whole file in memory, values as doubles.</summary>
internal static class SafetensorsReference
{
    public sealed record Item(string Type, long[] Shape, double[] Values);

    public static (Dictionary<string, Item> Tensors, Dictionary<string, string> Metadata) Read(string path)
    {
        var file = File.ReadAllBytes(path);
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(file);
        var data = file.AsSpan((int)(8 + headerLength)).ToArray();
        using var header = JsonDocument.Parse(Encoding.UTF8.GetString(file, 8, (int)headerLength));
        var tensors = new Dictionary<string, Item>();
        var metadata = new Dictionary<string, string>();
        foreach (var property in header.RootElement.EnumerateObject())
        {
            if (property.Name == "__metadata__")
            {
                metadata = property.Value.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);
                continue;
            }

            var type = property.Value.GetProperty("dtype").GetString()!;
            var shape = property.Value.GetProperty("shape").EnumerateArray().Select(e => e.GetInt64()).ToArray();
            var offsets = property.Value.GetProperty("data_offsets").EnumerateArray().Select(e => e.GetInt32()).ToArray();
            var bytes = data[offsets[0]..offsets[1]];
            var width = Width(type);
            tensors.Add(property.Name, new Item(type, shape, [.. bytes.Chunk(width).Select(number => Value(type, number))]));
        }

        return (tensors, metadata);
    }

    /// <summary>A file from a header's text and the bytes after it.</summary>
    public static byte[] File8(string header, byte[] data, ulong? length = null)
    {
        var json = Encoding.UTF8.GetBytes(header);
        return [.. BitConverter.GetBytes(length ?? (ulong)json.Length), .. json, .. data];
    }

    private static int Width(string type) => type switch
    {
        "F64" or "I64" => 8,
        "F32" or "I32" => 4,
        "F16" or "BF16" or "I16" => 2,
        _ => 1,
    };

    private static double Value(string type, byte[] b) => type switch
    {
        "F64" => BinaryPrimitives.ReadDoubleLittleEndian(b),
        "F32" => BinaryPrimitives.ReadSingleLittleEndian(b),
        "F16" => (double)BinaryPrimitives.ReadHalfLittleEndian(b),
        "BF16" => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(b) << 16), // the upper half of a float32
        "I64" => BinaryPrimitives.ReadInt64LittleEndian(b),
        "I32" => BinaryPrimitives.ReadInt32LittleEndian(b),
        "I16" => BinaryPrimitives.ReadInt16LittleEndian(b),
        "I8" => (sbyte)b[0],
        "U8" or "BOOL" => b[0],
        _ => throw new NotSupportedException(type),
    };
}
