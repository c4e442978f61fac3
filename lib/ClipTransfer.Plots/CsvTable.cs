using System.Globalization;
using System.Text;

namespace ClipTransfer.Plots;

/// <summary>The numbers behind a figure or table, as comma-separated text (RFC 4180).</summary>
internal sealed class CsvTable
{
    private readonly List<string> _columns;
    private readonly List<object?[]> _rows = [];

    internal CsvTable(params IEnumerable<string> columns) => _columns = [.. columns];

    internal IReadOnlyList<string> Columns => _columns;

    internal IReadOnlyList<object?[]> Rows => _rows;

    internal void Add(params object?[] cells) => _rows.Add(cells);

    /// <summary>One table out of several with a first column that names them; columns are matched by name.</summary>
    internal static CsvTable Stack(string column, IEnumerable<(string Name, CsvTable Table)> parts)
    {
        var all = parts.ToList();
        var columns = all.SelectMany(part => part.Table._columns).Distinct().ToList();
        var stacked = new CsvTable([column, .. columns]);
        foreach (var (name, table) in all)
        {
            var places = columns.ConvertAll(table._columns.IndexOf);
            foreach (var row in table._rows)
            {
                stacked.Add([name, .. places.Select(place => place < 0 ? null : row[place])]);
            }
        }

        return stacked;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder();
        Line(_columns);
        foreach (var row in _rows) Line(row.Select(Cell));
        return text.ToString();

        void Line(IEnumerable<string> cells) => text.AppendJoin(',', cells.Select(Quoted)).Append("\r\n");
    }

    private static string Cell(object? value) => value switch
    {
        null => "",
        double number => double.IsNaN(number) ? "NaN" : Markup.Number(number),
        float number => float.IsNaN(number) ? "NaN" : number.ToString("R", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Quoted(string cell) =>
        cell.AsSpan().IndexOfAny("\",\r\n") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>The table as the target of a download link; needs no script and no network.</summary>
    internal string ToDataUri() => "data:text/csv;charset=utf-8," + Uri.EscapeDataString(ToString()).Replace("%2C", ",", StringComparison.Ordinal);
}
