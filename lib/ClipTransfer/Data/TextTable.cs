using System.Buffers;
using System.Text;
using ClipTransfer.Runtime;
using Microsoft.Win32.SafeHandles;

namespace ClipTransfer.Data;

/// <summary>How a table's text is cut into fields.</summary>
public sealed record TextTableOptions
{
    /// <summary>Between fields; null: a tab in <c>.tsv</c>, <c>.tab</c> and <c>.token</c> files, else a comma.</summary>
    public char? Separator { get; init; }

    /// <summary>Whether a field may stand in double quotes (RFC 4180); null: unless the separator is a tab.</summary>
    public bool? Quoted { get; init; }

    /// <summary>Whether the first row names the columns.</summary>
    public bool HasHeader { get; init; } = true;
}

/// <summary>The rows of a CSV or TSV file by number: where each starts is kept, eight bytes a row, and its text stays in the file.</summary>
/// <remarks>CsvHelper reads a file from start to end; a million captions by number need an index instead. RFC 4180, with UTF-8 text and either line end.</remarks>
internal sealed class TextTable : IDisposable
{
    private const int LongestRow = 1 << 20;
    private const string Remedy = "Mend the row or put the original file back";
    private readonly SafeFileHandle _handle;
    private readonly List<long> _starts = [];
    private readonly byte _separator;
    private readonly bool _quoted;
    private long _end;

    /// <summary>Reads the file once and hands each row to <paramref name="visit"/>, with this table and its number from 0.</summary>
    /// <exception cref="InputException">The file is missing or not UTF-8 text in rows: names the row.</exception>
    public TextTable(string file, TextTableOptions options, Action<TextTable, int, TextRow>? visit = null)
    {
        FilePath = file;
        var separator = options.Separator ?? (Path.GetExtension(file).ToUpperInvariant() is ".TSV" or ".TAB" or ".TOKEN" ? '\t' : ',');
        if (separator is > '\x7F' or '"' or '\n' or '\r') throw new ArgumentException($"'{separator}' cannot separate fields", nameof(options));
        _separator = (byte)separator;
        _quoted = options.Quoted ?? separator != '\t';
        try
        {
            _handle = File.OpenHandle(file, options: FileOptions.SequentialScan);
            Scan(options.HasHeader, visit);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DataFolder.Unreadable(file, error);
        }
    }

    /// <summary>The file.</summary>
    public string FilePath { get; }

    /// <summary>The names of the columns; empty where there are none.</summary>
    public IReadOnlyList<string> Header { get; private set; } = [];

    /// <summary>How many rows, the header and empty lines not counted.</summary>
    public int Count => _starts.Count;

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    /// <summary>How messages call a row.</summary>
    public string Where(int row) => FormattableString.Invariant($"{FilePath} row {row + 1}{(Header.Count > 0 ? " below the header" : "")}");

    /// <summary>One field of a row.</summary>
    public string Field(int row, int column)
    {
        var length = (int)((row + 1 < Count ? _starts[row + 1] : _end) - _starts[row]);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var bytes = buffer.AsSpan(0, length);
            for (var read = 0; read < length;)
            {
                var more = RandomAccess.Read(_handle, bytes[read..], _starts[row] + read);
                if (more == 0) throw new InputException(FilePath, "became shorter while it was read", "Leave the file alone while it is in use");
                read += more;
            }

            var end = RowEnd(bytes, last: true);
            return new TextRow(bytes[..(end < 0 ? length : end)], _separator, _quoted).Field(column);
        }
        catch (IOException error)
        {
            throw DataFolder.Unreadable(FilePath, error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Scan(bool hasHeader, Action<TextTable, int, TextRow>? visit)
    {
        var length = RandomAccess.GetLength(_handle);
        var buffer = new byte[(int)Math.Min(Math.Max(length, 1), 4 * LongestRow)];
        var filled = 0;
        var at = 0L; // of the buffer's start, in the file
        var first = true;
        while (true)
        {
            var read = RandomAccess.Read(_handle, buffer.AsSpan(filled), at + filled);
            filled += read;
            var last = at + filled >= length || read == 0;
            var rest = buffer.AsSpan(0, filled);
            if (at == 0 && first && rest.StartsWith(Encoding.UTF8.Preamble)) rest = rest[Encoding.UTF8.Preamble.Length..];
            while (rest.Length > 0)
            {
                Interrupt.Token.ThrowIfCancellationRequested();
                var end = RowEnd(rest, last);
                if (end < 0 && (!last || rest.Length > LongestRow)) break;
                var row = rest[..(end < 0 ? rest.Length : end)];
                var start = at + filled - rest.Length;
                if (row.TrimEnd("\r\n"u8).Length > 0)
                {
                    if (first && hasHeader) Header = Fields(row);
                    else
                    {
                        if (_starts.Count == int.MaxValue - 1) throw new InputException(FilePath, "has more rows than can be counted", "Split the file");
                        _starts.Add(start);
                        visit?.Invoke(this, _starts.Count - 1, new TextRow(row, _separator, _quoted));
                    }

                    first = false;
                    _end = start + row.Length;
                }

                rest = rest[row.Length..];
            }

            if (rest.Length > LongestRow) throw new InputException(Where(Count), $"is longer than {LongestRow} bytes{(_quoted ? ": a quote may be unclosed" : "")}", Remedy);
            if (last) return;
            at += filled - rest.Length;
            rest.CopyTo(buffer);
            filled = rest.Length;
        }
    }

    private string[] Fields(ReadOnlySpan<byte> row)
    {
        var fields = new TextRow(row, _separator, _quoted);
        var names = new List<string>();
        while (names.Count < 1000 && fields.TryField(names.Count, out var name)) names.Add(name.Trim());
        return [.. names];
    }

    /// <summary>Where the row ends, its line end included; -1 where the bytes end first. A quote opens only at the start of a field.</summary>
    private int RowEnd(ReadOnlySpan<byte> bytes, bool last)
    {
        if (!_quoted) return bytes.IndexOf((byte)'\n') is var end && end >= 0 ? end + 1 : -1;
        for (var i = 0; ;)
        {
            var found = bytes[i..].IndexOfAny((byte)'"', (byte)'\n');
            if (found < 0) return -1;
            i += found;
            if (bytes[i] == '\n') return i + 1;
            if (i > 0 && bytes[i - 1] != _separator)
            {
                i++; // a quote within a field is a sign like others
                continue;
            }

            for (i++; ;)
            {
                var quote = bytes[i..].IndexOf((byte)'"');
                if (quote < 0) return last && bytes.Length <= LongestRow ? throw new InputException(Where(Count), "has a quote that is never closed", Remedy) : -1;
                i += quote + 1;
                if (i >= bytes.Length || bytes[i] != '"') break;
                i++;
            }
        }
    }
}
