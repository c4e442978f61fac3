using System.Globalization;
using System.Reflection;
using System.Text;

namespace ClipTransfer.Plots;

/// <summary>A table with a title, a caption and its data one click away.</summary>
[TypeFormatterSource(typeof(HtmlFormatterSource))]
public sealed class Table : IHtml
{
    private readonly IReadOnlyList<IReadOnlyList<object?>> _rows;

    private Table(string title, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<object?>> rows, string caption)
    {
        (Title, Columns, _rows, Caption) = (title, columns, rows, caption);
    }

    /// <summary>The title.</summary>
    public string Title { get; }

    /// <summary>Heads of the columns.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>What the reader is to see in it.</summary>
    public string Caption { get; }

    /// <summary>The table as comma-separated text, numbers in full.</summary>
    public string Csv => Data.ToString();

    private CsvTable Data
    {
        get
        {
            var table = new CsvTable(Columns);
            foreach (var row in _rows) table.Add([.. row]);
            return table;
        }
    }

    /// <summary>A table from rows of cells; numbers are shown with four digits and stand to the right.</summary>
    public static Table Of(string title, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<object?>> rows, string caption)
    {
        var all = rows.ToList();
        var odd = all.FindIndex(row => row.Count != columns.Count);
        return odd < 0
            ? new(title, columns, all, caption)
            : throw new ArgumentException($"Table '{title}': row {odd} has {all[odd].Count} cells, the table {columns.Count} columns.");
    }

    /// <summary>A table with one row a record and one column a property.</summary>
    public static Table OfRecords<T>(string title, IEnumerable<T> records, string caption)
    {
        var properties = typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanRead && property.GetIndexParameters().Length == 0).ToArray();
        return Of(title, [.. properties.Select(property => Spaced(property.Name))], records.Select(record => properties.Select(property => property.GetValue(record)).ToArray()), caption);
    }

    /// <inheritdoc/>
    public string ToHtml()
    {
        var numeric = Columns.Select((_, i) => _rows.Count > 0 && _rows.All(row => row[i] is null || IsNumber(row[i])) && _rows.Any(row => row[i] is not null)).ToArray();
        var html = new StringBuilder(PageAssets.Style());
        html.Append("<figure class=\"ct-table\">");
        html.Append($"<div class=\"ct-title\">{Markup.Text(Title)}</div>");
        html.Append($"<div class=\"ct-scroll\" role=\"group\" tabindex=\"0\" aria-label=\"{Markup.Text(Title)}\"><table><thead><tr>");
        for (var i = 0; i < Columns.Count; i++) html.Append($"<th scope=\"col\"{(numeric[i] ? " class=\"ct-number\"" : "")}>{Markup.Text(Columns[i])}</th>");
        html.Append("</tr></thead><tbody>");
        foreach (var row in _rows)
        {
            html.Append("<tr>");
            for (var i = 0; i < row.Count; i++)
            {
                var text = Shown(row[i]);
                html.Append($"<td{(numeric[i] ? " class=\"ct-number\"" : text.Length <= 24 ? " class=\"ct-short\"" : "")}>{Markup.Text(text)}</td>");
            }

            html.Append("</tr>");
        }

        html.Append("</tbody></table></div><figcaption>");
        html.Append(Markup.Text(Caption));
        html.Append($" <a class=\"ct-csv\" download=\"{Markup.FileName(Title)}.csv\" href=\"{Markup.Text(Data.ToDataUri())}\">Data (CSV)</a></figcaption></figure>");
        return html.ToString();
    }

    /// <summary>The title and the caption.</summary>
    public override string ToString() => $"{Title}: {Caption}";

    private static bool IsNumber(object? value) => value is double or float or decimal or int or long or short or byte or uint or ulong or ushort or sbyte;

    private static string Shown(object? value) => value switch
    {
        null => "",
        double number => Short(number),
        float number => Short(number),
        decimal number => Short((double)number),
        bool yes => yes ? "yes" : "no",
        int or long or short or uint or ulong => ((IFormattable)value).ToString("#,0", CultureInfo.InvariantCulture).Replace('-', '\u2212'),
        DateTimeOffset time => time.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        System.Collections.IEnumerable list and not string => string.Join(", ", list.Cast<object?>().Select(Shown)),
        _ => value.ToString() ?? "",
    };

    private static string Short(double number) => double.IsNaN(number) ? "n/a"
        : number != 0 && Math.Abs(number) is < 1e-4 or >= 1e6 ? Markup.Short(number)
        : Math.Round(number, Math.Clamp(3 - (int)Math.Floor(Math.Log10(Math.Max(1e-9, Math.Abs(number)))), 0, 6)).ToString("0.######", CultureInfo.InvariantCulture).Replace('-', '\u2212');

    private static string Spaced(string name)
    {
        var text = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            var starts = i > 0 && char.IsUpper(name[i]) && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (starts) text.Append(' ');
            text.Append(i > 0 && char.IsUpper(name[i]) && (i + 1 == name.Length || !char.IsUpper(name[i + 1])) ? char.ToLowerInvariant(name[i]) : name[i]);
        }

        return text.ToString();
    }
}
