using System.Buffers.Text;
using System.Text;
using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Walks over the entries of a tar file: POSIX ustar and pax (IEEE Std 1003.1-2017, pax), and GNU's long names and sizes.</summary>
/// <remarks>
/// .NET's reader takes the lengths that headers claim on trust and allocates that much; this one reads what is there. A file that can be sought is skipped
/// through by its headers alone. Memory stays below the longest name that is allowed.
/// </remarks>
internal sealed class TarStream
{
    /// <summary>The unit of a tar file in bytes.</summary>
    public const int Block = 512;

    private const int LongestName = 1 << 16;
    private const string Remedy = "Fetch it again or leave it out";
    private readonly byte[] _header = new byte[Block];
    private readonly Stream _stream;
    private readonly string _name;
    private readonly long _start;
    private long _position; // from the start of the archive
    private long _next; // where the next header is expected
    private TarEntry _entry;

    /// <summary>Starts at the stream's position.</summary>
    /// <param name="stream">The archive, unpacked; need not be seekable.</param>
    /// <param name="name">How errors call it.</param>
    /// <param name="at">Where in the archive the stream stands, for messages and offsets.</param>
    public TarStream(Stream stream, string name, long at = 0)
    {
        _stream = stream;
        _name = name;
        _start = stream.CanSeek ? stream.Position - at : 0;
        _position = _next = at;
    }

    /// <summary>The next entry; null after the last.</summary>
    /// <exception cref="InputException">A header is damaged, or the archive ends inside an entry or without its end mark.</exception>
    public TarEntry? Next()
    {
        Skip(_next - _position);
        var headerAt = _next;
        string? longName = null, paxPath = null;
        long? paxSize = null;
        while (true)
        {
            var at = _position;
            if (!ReadBlock()) throw Damaged(at, at == 0 ? "is empty" : "ends without its end mark: it was cut");
            if (!_header.AsSpan().ContainsAnyExcept((byte)0)) return null;
            TestChecksum(at);
            var length = Number(at, 124, 12);
            var type = (char)_header[156];
            if (type is 'x' or 'g' or 'L' or 'K')
            {
                var text = ReadText(at, length);
                if (type == 'L') longName = Encoding.UTF8.GetString(text).TrimEnd('\0');
                if (type == 'x') ReadPax(at, text, ref paxPath, ref paxSize);
                continue;
            }

            var kind = type switch { '0' or '\0' or '7' => TarEntryKind.File, '5' => TarEntryKind.Folder, '1' or '2' => TarEntryKind.Link, _ => TarEntryKind.Other };
            if (kind is TarEntryKind.Folder or TarEntryKind.Link) length = 0;
            else length = paxSize ?? length;
            var name = paxPath ?? longName ?? HeaderName();
            if (kind == TarEntryKind.File && name.EndsWith('/')) kind = TarEntryKind.Folder; // as the oldest writers did
            if (length > long.MaxValue - _position - Block) throw Damaged(at, $"claims {length} bytes for '{Shown(name)}'");
            if (_stream.CanSeek && _position + length > _stream.Length - _start) throw Damaged(at, $"is cut inside '{Shown(name)}'");
            _next = _position + Padded(length);
            return _entry = new TarEntry(name, kind, headerAt, _position, length);
        }
    }

    /// <summary>Copies the bytes of the entry that <see cref="Next"/> returned last.</summary>
    /// <exception cref="InputException">The archive ends inside it.</exception>
    public void CopyTo(Stream target)
    {
        var buffer = new byte[1 << 16];
        while (_position < _entry.DataAt + _entry.Length)
        {
            var read = _stream.Read(buffer, 0, (int)Math.Min(buffer.Length, _entry.DataAt + _entry.Length - _position));
            if (read == 0) throw Damaged(_position, $"is cut inside '{Shown(_entry.Name)}'");
            _position += read;
            target.Write(buffer, 0, read);
        }
    }

    private static long Padded(long length) => (length + Block - 1) / Block * Block;

    private static string Shown(string text) => string.Concat(text.Take(80).Select(c => char.IsControl(c) ? ' ' : c));

    private InputException Damaged(long at, string what) => new(at == 0 ? _name : FormattableString.Invariant($"{_name} byte {at}"), what, Remedy);

    /// <summary>Whether there was a block; half a block is none.</summary>
    private bool ReadBlock()
    {
        var read = _stream.ReadAtLeast(_header, Block, throwOnEndOfStream: false);
        _position += read;
        return read == Block;
    }

    private void Skip(long bytes)
    {
        if (bytes == 0) return;
        if (_stream.CanSeek)
        {
            // A last entry may lack its padding; the end mark is then missing too, and that is told.
            _stream.Position = Math.Min(_start + _position + bytes, _stream.Length);
            _position += bytes;
            return;
        }

        var buffer = new byte[1 << 16];
        while (bytes > 0)
        {
            var read = _stream.Read(buffer, 0, (int)Math.Min(buffer.Length, bytes));
            if (read == 0) throw Damaged(_position, "is cut inside an entry");
            _position += read;
            bytes -= read;
        }
    }

    private void TestChecksum(long at)
    {
        var claimed = Number(at, 148, 8);
        long unsigned = 0, signed = 0;
        for (var i = 0; i < Block; i++)
        {
            var b = i is >= 148 and < 156 ? (byte)' ' : _header[i];
            unsigned += b;
            signed += (sbyte)b; // as some old writers summed
        }

        if (claimed != unsigned && claimed != signed) throw Damaged(at, "is no tar header (its checksum is wrong)");
    }

    /// <summary>A number in octal digits, or in base 256 where its first bit is set (GNU).</summary>
    private long Number(long at, int offset, int count)
    {
        var field = _header.AsSpan(offset, count);
        if ((field[0] & 0x80) != 0)
        {
            if (field[0] != 0x80 || field[..^8].ContainsAnyExcept((byte)0x80, (byte)0) || field[^8] >= 0x80) throw Damaged(at, "has a number out of range in its header");
            var value = 0L;
            foreach (var b in field[^8..]) value = (value << 8) | b;
            return value;
        }

        field = field.Trim([(byte)' ', (byte)0]);
        var number = 0L;
        foreach (var b in field)
        {
            if (b is < (byte)'0' or > (byte)'7') throw Damaged(at, "has no number where its header should have one");
            number = (number << 3) | (uint)(b - '0');
        }

        return number;
    }

    private string HeaderName()
    {
        var name = Text(0, 100);
        // GNU's magic has a blank here, and other fields where ustar has the prefix.
        if (_header.AsSpan(257, 6).SequenceEqual("ustar\0"u8) && Text(345, 155) is { Length: > 0 } prefix) return $"{prefix}/{name}";
        return name;
    }

    private string Text(int offset, int count)
    {
        var field = _header.AsSpan(offset, count);
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    /// <summary>The content of a header's header: at most a long name's worth, and no more memory than there are bytes.</summary>
    private byte[] ReadText(long at, long length)
    {
        if (length > LongestName) throw Damaged(at, $"claims a name of {length} bytes");
        var text = new MemoryStream();
        for (var rest = Padded(length); rest > 0; rest -= Block)
        {
            if (!ReadBlock()) throw Damaged(at, "is cut inside a name");
            text.Write(_header, 0, (int)Math.Min(Block, length - text.Length));
        }

        return text.ToArray();
    }

    /// <summary>Records <c>LENGTH KEY=VALUE\n</c>, the length counting itself.</summary>
    private void ReadPax(long at, ReadOnlySpan<byte> text, ref string? path, ref long? size)
    {
        while (text.Length > 0)
        {
            if (!Utf8Parser.TryParse(text, out int length, out var digits) || length <= digits + 2 || length > text.Length || text[digits] != ' ' || text[length - 1] != '\n')
                throw Damaged(at, "has a damaged extended header");
            var record = text[(digits + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals < 0) throw Damaged(at, "has a damaged extended header");
            var value = record[(equals + 1)..];
            if (record[..equals].SequenceEqual("path"u8)) path = Encoding.UTF8.GetString(value);
            else if (record[..equals].SequenceEqual("size"u8))
                size = Utf8Parser.TryParse(value, out long bytes, out var used) && used == value.Length && bytes >= 0 ? bytes : throw Damaged(at, "has a size that is no number");
            text = text[length..];
        }
    }
}
