using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>The numeric arrays of a MATLAB file, level 5 ("MAT-File Format", The MathWorks), as Oxford's flowers have their labels; anything else in it is passed over.</summary>
internal static class MatFile
{
    private const int HeaderBytes = 128;
    private const int MostUnpacked = 8 << 20; // a label file packs to a hundredth, so its own length is no bound
    private const string Remedy = "Fetch the file again";

    /// <summary>Reads the variables that are real numeric arrays, flattened in the file's order (column by column).</summary>
    /// <exception cref="InputException">The file is missing, damaged, or of another level.</exception>
    public static IReadOnlyDictionary<string, double[]> Read(string file)
    {
        try
        {
            return Read(File.ReadAllBytes(file), file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DataFolder.Unreadable(file, error);
        }
    }

    /// <summary>Reads a file's bytes; <paramref name="name"/> is how errors call it.</summary>
    public static IReadOnlyDictionary<string, double[]> Read(ReadOnlySpan<byte> bytes, string name)
    {
        if (bytes.Length < HeaderBytes) throw new InputException(name, "is no MATLAB file: it is too short", Remedy);
        var big = bytes[126] == 'M' && bytes[127] == 'I';
        if (!big && !(bytes[126] == 'I' && bytes[127] == 'M')) throw new InputException(name, "is no MATLAB file of level 5", "Save it with -v6 or -v7");
        var variables = new Dictionary<string, double[]>(StringComparer.Ordinal);
        try
        {
            for (var rest = bytes[HeaderBytes..]; rest.Length > 0;)
            {
                var element = Element(ref rest, big, padded: false);
                if (element.Type == Kind.Compressed) ReadUnpacked(Inflate(element.Data), big, variables);
                else if (element.Type == Kind.Matrix) ReadMatrix(element.Data, big, variables);
            }
        }
        catch (Exception error) when (error is InvalidDataException or IOException) // zlib has both for damage
        {
            throw new InputException(name, $"is damaged ({error.Message.TrimEnd('.')})", Remedy, error);
        }

        return variables;
    }

    private static void ReadUnpacked(ReadOnlySpan<byte> bytes, bool big, Dictionary<string, double[]> variables)
    {
        var element = Element(ref bytes, big, padded: false);
        if (element.Type == Kind.Matrix) ReadMatrix(element.Data, big, variables);
    }

    private static byte[] Inflate(ReadOnlySpan<byte> packed)
    {
        using var source = new MemoryStream(packed.ToArray());
        using var stream = new ZLibStream(source, CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        var buffer = new byte[1 << 12];
        int read;
        while ((read = stream.Read(buffer)) > 0)
        {
            if (unpacked.Length + read > MostUnpacked) throw new InvalidDataException($"a variable unpacks to more than {MostUnpacked} bytes");
            unpacked.Write(buffer, 0, read);
        }

        return unpacked.ToArray();
    }

    /// <summary>Flags, dimensions, name, real part.</summary>
    private static void ReadMatrix(ReadOnlySpan<byte> bytes, bool big, Dictionary<string, double[]> variables)
    {
        var flags = Element(ref bytes, big, padded: true);
        if (flags.Type != Kind.UInt32 || flags.Data.Length < 8) throw new InvalidDataException("an array has no flags");
        var word = Int32(flags.Data, big);
        var isNumeric = (word & 0xFF) is >= 6 and <= 15 && (word & 0x0800) == 0; // double … uint64, not complex
        var dimensions = Element(ref bytes, big, padded: true);
        var count = 1L;
        for (var d = 0; d + 4 <= dimensions.Data.Length; d += 4)
        {
            var size = Int32(dimensions.Data[d..], big);
            if (size < 0 || (count *= Math.Max(1, size)) > MostUnpacked) throw new InvalidDataException("an array has dimensions out of range");
            if (size == 0) count = 0;
            if (count == 0) break;
        }

        var name = Encoding.ASCII.GetString(Element(ref bytes, big, padded: true).Data);
        if (!isNumeric) return;
        var values = Element(ref bytes, big, padded: true);
        var width = Width(values.Type);
        if (width == 0 || values.Data.Length != count * width) throw new InvalidDataException($"the array '{(name.Length <= 40 ? name : name[..40])}' has other dimensions than values");
        var numbers = new double[count];
        for (var i = 0; i < numbers.Length; i++) numbers[i] = Number(values.Type, values.Data.Slice(i * width, width), big);
        variables[name] = numbers;
    }

    private static Piece Element(ref ReadOnlySpan<byte> bytes, bool big, bool padded)
    {
        if (bytes.Length < 8) throw new InvalidDataException("it ends inside an element");
        var first = Int32(bytes, big);
        if ((first >> 16) != 0)
        {
            // The small format: length and type in one word, the data in the next.
            var small = first >> 16;
            if (small is < 0 or > 4) throw new InvalidDataException("an element has a length out of range");
            var piece = new Piece((Kind)(first & 0xFFFF), bytes.Slice(4, small));
            bytes = bytes[8..];
            return piece;
        }

        var length = Int32(bytes[4..], big);
        if (length < 0 || length > bytes.Length - 8) throw new InvalidDataException("it ends inside an element");
        var whole = new Piece((Kind)first, bytes.Slice(8, length));
        var used = 8 + (padded ? (length + 7L) / 8 * 8 : length);
        bytes = bytes[(int)Math.Min(used, bytes.Length)..];
        return whole;
    }

    private static int Int32(ReadOnlySpan<byte> bytes, bool big) => big ? BinaryPrimitives.ReadInt32BigEndian(bytes) : BinaryPrimitives.ReadInt32LittleEndian(bytes);

    private static int Width(Kind kind) => kind switch
    {
        Kind.Int8 or Kind.UInt8 => 1,
        Kind.Int16 or Kind.UInt16 => 2,
        Kind.Int32 or Kind.UInt32 or Kind.Single => 4,
        Kind.Double or Kind.Int64 or Kind.UInt64 => 8,
        _ => 0,
    };

    private static double Number(Kind kind, ReadOnlySpan<byte> bytes, bool big)
    {
        Span<byte> own = stackalloc byte[8];
        bytes.CopyTo(own);
        own = own[..bytes.Length];
        if (big) own.Reverse();
        return kind switch
        {
            Kind.Int8 => (sbyte)own[0],
            Kind.UInt8 => own[0],
            Kind.Int16 => BinaryPrimitives.ReadInt16LittleEndian(own),
            Kind.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(own),
            Kind.Int32 => BinaryPrimitives.ReadInt32LittleEndian(own),
            Kind.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(own),
            Kind.Single => BinaryPrimitives.ReadSingleLittleEndian(own),
            Kind.Double => BinaryPrimitives.ReadDoubleLittleEndian(own),
            Kind.Int64 => BinaryPrimitives.ReadInt64LittleEndian(own),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(own),
        };
    }

    private enum Kind
    {
        Int8 = 1, UInt8 = 2, Int16 = 3, UInt16 = 4, Int32 = 5, UInt32 = 6, Single = 7, Double = 9, Int64 = 12, UInt64 = 13, Matrix = 14, Compressed = 15,
    }

    private readonly ref struct Piece(Kind type, ReadOnlySpan<byte> data)
    {
        public Kind Type { get; } = type;

        public ReadOnlySpan<byte> Data { get; } = data;
    }
}
