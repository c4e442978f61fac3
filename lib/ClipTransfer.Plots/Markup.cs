using System.Globalization;
using System.Net;
using System.Text;

namespace ClipTransfer.Plots;

/// <summary>Text and numbers on their way into HTML, SVG, Plotly and CSV: each target has its own escapes.</summary>
internal static class Markup
{
    /// <summary>Text for HTML or SVG, element content or quoted attribute.</summary>
    internal static string Text(string? text) => WebUtility.HtmlEncode(Printable(text));

    /// <summary>Text for Plotly, which reads tags and entities in titles, names and labels.</summary>
    internal static string Plotly(string? text) =>
        Printable(text).Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    /// <summary>Text in lines of at most <paramref name="room"/> signs, broken at spaces.</summary>
    internal static IReadOnlyList<string> Wrapped(string text, int room)
    {
        var lines = new List<string>();
        foreach (var word in text.Split(' '))
        {
            if (lines.Count > 0 && lines[^1].Length + word.Length < room) lines[^1] += " " + word;
            else lines.Add(word);
        }

        return lines;
    }

    /// <summary>A number as text, shortest form that reads back the same.</summary>
    internal static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>A number for people: four digits, a real minus sign.</summary>
    internal static string Short(double value) =>
        double.IsNaN(value) ? "n/a"
        : value != 0 && double.IsFinite(value) && Math.Abs(value) is < 1e-4 or >= 1e6 ? Powers(value)
        : value.ToString("G4", CultureInfo.InvariantCulture).Replace('-', '\u2212');

    /// <summary>1.5 × 10⁻¹⁵.</summary>
    private static string Powers(double value)
    {
        var parts = value.ToString("0.###e0", CultureInfo.InvariantCulture).Split('e');
        var power = string.Concat(parts[1].Select(sign => sign == '-' ? '\u207B' : "\u2070\u00B9\u00B2\u00B3\u2074\u2075\u2076\u2077\u2078\u2079"[sign - '0']));
        return $"{parts[0].Replace('-', '\u2212')}\u00A0×\u00A010{power}";
    }

    /// <summary>A coordinate inside an SVG.</summary>
    internal static string Coordinate(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>Null where Plotly shall leave a gap: not a number, infinite, or not positive on a logarithmic axis.</summary>
    internal static double? Drawable(double value, bool log = false) => double.IsFinite(value) && (!log || value > 0) ? value : null;

    /// <summary>A name that is safe as a file name.</summary>
    internal static string FileName(string title)
    {
        var name = new StringBuilder();
        foreach (var letter in title.ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(letter)) name.Append(letter);
            else if (name.Length > 0 && name[^1] != '-') name.Append('-');
        }

        var trimmed = name.ToString().Trim('-');
        return trimmed.Length == 0 ? "figure" : trimmed.Length > 60 ? trimmed[..60].TrimEnd('-') : trimmed;
    }

    /// <summary>Control characters and lone surrogates are not allowed in XML and HTML: the replacement sign stands for them.</summary>
    private static string Printable(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "";
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var allowed = rune.Value is '\t' or '\n' or '\r' || (rune.Value >= 0x20 && rune.Value is not (>= 0x7F and <= 0x9F) and not 0xFFFE and not 0xFFFF);
            clean.Append(allowed ? rune.ToString() : "\uFFFD");
        }

        return clean.ToString();
    }
}
