using System.Buffers.Binary;
using System.Text.Json;
using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Models.Weights;

/// <summary>The JSON at the head of a safetensors file: name → {dtype, shape, data_offsets}, and notes under <c>__metadata__</c>.</summary>
internal sealed record SafetensorsHeader(IReadOnlyList<TensorEntry> Entries, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The bytes that give the JSON's length.</summary>
    public const int PrefixBytes = 8;

    private const string MetadataName = "__metadata__";

    /// <summary>An error of this format.</summary>
    public static InputException Broken(string where, string what, Exception? inner = null) =>
        new(where, what, "The file is cut off, damaged or no safetensors file: fetch or write it again", inner);

    /// <summary>The JSON's length from the first eight bytes, checked against the file's.</summary>
    public static int Length(string path, ReadOnlySpan<byte> prefix, long fileLength)
    {
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > SafetensorsFile.LongestHeader) throw Broken(path, $"says that its header has {length} bytes, more than the {SafetensorsFile.LongestHeader} allowed");
        if ((long)length > fileLength - PrefixBytes) throw Broken(path, $"says that its header has {length} bytes, but only {fileLength - PrefixBytes} follow");
        return (int)length;
    }

    /// <summary>Reads the JSON and holds every tensor against the file's length and its neighbours.</summary>
    public static SafetensorsHeader Parse(string path, ReadOnlySpan<byte> json, long fileLength)
    {
        var where = $"{path} header";
        if (json.Length == 0 || json[0] != '{') throw Broken(where, "does not begin with '{'");
        var dataStart = PrefixBytes + json.Length;
        var entries = new List<TensorEntry>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
            reader.Read();
            while (Next(ref reader) == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                if (!names.Add(name)) throw Broken(where, $"names '{name}' twice");
                if (name == MetadataName) ReadMetadata(ref reader, metadata, where);
                else entries.Add(ReadEntry(ref reader, name, dataStart, fileLength, where));
            }

            if (reader.Read()) throw Broken(where, "goes on after its closing '}'");
        }
        // InvalidOperationException: text that is no UTF-8.
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw Broken(where, $"is no JSON of this format ({error.Message.TrimEnd('.')})", error);
        }

        entries.Sort((a, b) => a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset) : a.Bytes.CompareTo(b.Bytes));
        long end = dataStart;
        foreach (var entry in entries)
        {
            if (entry.Offset != end) throw Broken(where, $"places '{entry.Name}' at byte {entry.Offset - dataStart}, but the tensor before it ends at {end - dataStart}");
            end += entry.Bytes;
        }

        if (end != fileLength) throw Broken(where, $"accounts for {end} of the file's {fileLength} bytes");
        return new SafetensorsHeader(entries, metadata);
    }

    /// <summary>The eight bytes and the JSON for tensors that follow in this order, padded with spaces so that the numbers start on a multiple of eight.</summary>
    public static byte[] Compose(IEnumerable<(string Name, ScalarType Type, long[] Shape)> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var stream = new MemoryStream();
        stream.Write(new byte[PrefixBytes]);
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                writer.WriteStartObject(MetadataName);
                foreach (var (key, value) in metadata) writer.WriteString(key, value);
                writer.WriteEndObject();
            }

            long end = 0;
            var names = new HashSet<string>(StringComparer.Ordinal) { MetadataName };
            foreach (var (name, type, shape) in tensors)
            {
                if (!names.Add(name)) throw new ArgumentException($"the name '{name}' comes twice or is reserved");
                writer.WriteStartObject(name);
                writer.WriteString("dtype", SafetensorsType.NameOf(type));
                WriteNumbers(writer, "shape", shape);
                var start = end;
                end = checked(end + TensorBytes.Length(shape, SafetensorsType.BytesOf(type))!.Value);
                WriteNumbers(writer, "data_offsets", [start, end]);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        while (stream.Length % PrefixBytes != 0) stream.WriteByte((byte)' ');
        if (stream.Length - PrefixBytes > SafetensorsFile.LongestHeader) throw new ArgumentException("the names and notes are too long for one file: write shards");
        var bytes = stream.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(bytes, bytes.Length - PrefixBytes);
        return bytes;
    }

    private static void WriteNumbers(Utf8JsonWriter writer, string name, long[] numbers)
    {
        writer.WriteStartArray(name);
        foreach (var number in numbers) writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }

    private static JsonTokenType Next(ref Utf8JsonReader reader) => reader.Read() ? reader.TokenType : throw new JsonException("the text ends early");

    private static void ReadMetadata(ref Utf8JsonReader reader, Dictionary<string, string> metadata, string where)
    {
        if (Next(ref reader) != JsonTokenType.StartObject) throw Broken(where, $"has {MetadataName} that is no object");
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            if (Next(ref reader) != JsonTokenType.String) throw Broken(where, $"has {MetadataName} '{key}' that is no text");
            if (!metadata.TryAdd(key, reader.GetString()!)) throw Broken(where, $"has {MetadataName} '{key}' twice");
        }
    }

    private static TensorEntry ReadEntry(ref Utf8JsonReader reader, string name, long dataStart, long fileLength, string where)
    {
        if (Next(ref reader) != JsonTokenType.StartObject) throw Broken(where, $"describes '{name}' by something else than an object");
        string? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            var field = reader.GetString()!;
            if (field == "dtype" && type is null) type = Next(ref reader) == JsonTokenType.String ? reader.GetString() : throw Broken(where, $"has a dtype of '{name}' that is no text");
            else if (field == "shape" && shape is null) shape = ReadNumbers(ref reader, name, field, where);
            else if (field == "data_offsets" && offsets is null) offsets = ReadNumbers(ref reader, name, field, where);
            else throw Broken(where, $"has the field '{field}' of '{name}' twice or without need");
        }

        if (type is null || shape is null || offsets is not [var start, var end]) throw Broken(where, $"lacks dtype, shape or two data_offsets of '{name}'");
        if (SafetensorsType.Named(type) is not { } scalarType) throw new InputException(where, $"gives '{name}' the type '{type}', which is not read here", $"Convert it to one of {SafetensorsType.Known}");
        if (start < 0 || start > end || end > fileLength - dataStart) throw Broken(where, $"places '{name}' at bytes {start} to {end} of {fileLength - dataStart}");
        var bytes = TensorBytes.Length(shape, SafetensorsType.BytesOf(scalarType)) ?? throw Broken(where, $"gives '{name}' an impossible shape [{string.Join(", ", shape)}]");
        if (bytes != end - start) throw Broken(where, $"gives '{name}' {end - start} bytes, but {type} [{string.Join(", ", shape)}] has {bytes}");
        return new TensorEntry(name, scalarType, shape, dataStart + start, bytes);
    }

    private static long[] ReadNumbers(ref Utf8JsonReader reader, string name, string field, string where)
    {
        if (Next(ref reader) != JsonTokenType.StartArray) throw Broken(where, $"has a {field} of '{name}' that is no list");
        var numbers = new List<long>();
        while (Next(ref reader) != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0) throw Broken(where, $"has a {field} of '{name}' that is not of whole numbers from 0 up");
            if (numbers.Count == TensorBytes.MostAxes) throw Broken(where, $"has a {field} of '{name}' with more than {TensorBytes.MostAxes} numbers");
            numbers.Add(number);
        }

        return [.. numbers];
    }
}
