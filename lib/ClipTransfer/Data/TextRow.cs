using System.Text;

namespace ClipTransfer.Data;

/// <summary>One row of a table, its line end included.</summary>
internal readonly ref struct TextRow(ReadOnlySpan<byte> bytes, byte separator, bool quoted)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes.TrimEnd("\r\n"u8);

    /// <summary>A field, empty where the row has fewer.</summary>
    public string Field(int column) => TryField(column, out var text) ? text : "";

    /// <summary>A field; false where the row has fewer.</summary>
    public bool TryField(int column, out string text)
    {
        var found = TryBytes(column, out var bytes, out var hadQuotes);
        text = !found ? "" : hadQuotes ? Encoding.UTF8.GetString(bytes).Replace("\"\"", "\"", StringComparison.Ordinal) : Encoding.UTF8.GetString(bytes);
        return found;
    }

    /// <summary>A field's bytes, doubled quotes within left as they are.</summary>
    public bool TryBytes(int column, out ReadOnlySpan<byte> field, out bool hadQuotes)
    {
        var rest = _bytes;
        for (var c = 0; ; c++)
        {
            var last = !Cut(ref rest, out field, out hadQuotes);
            if (c == column) return true;
            if (last) return false;
        }
    }

    /// <summary>Takes the first field off; false where it was the last.</summary>
    private bool Cut(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> field, out bool hadQuotes)
    {
        hadQuotes = quoted && rest.Length > 0 && rest[0] == '"';
        var end = 0;
        if (hadQuotes)
        {
            for (end = 1; end < rest.Length; end++)
            {
                if (rest[end] != '"') continue;
                if (end + 1 < rest.Length && rest[end + 1] == '"') end++;
                else break;
            }

            field = rest[1..Math.Min(end, rest.Length)];
            rest = end < rest.Length ? rest[(end + 1)..] : [];
            end = rest.IndexOf(separator);
            // What stands behind a closing quote belongs to no field; CsvHelper and Excel drop it too.
            rest = end < 0 ? [] : rest[(end + 1)..];
            return end >= 0;
        }

        end = rest.IndexOf(separator);
        field = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[(end + 1)..];
        return end >= 0;
    }
}
