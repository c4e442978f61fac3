using System.Text.RegularExpressions;

namespace ClipTransfer.Notebooks.Reports;

/// <summary>KaTeX's style sheet with the fonts that a page needs inside it.</summary>
internal static partial class KatexStyle
{
    // Which class in KaTeX's HTML asks for which font; what is not here (Main-Regular, Math-Italic, Size1 to Size4) is in every formula's reach.
    private static readonly (string Font, string[] Classes)[] _wanted =
    [
        ("AMS-Regular", ["mathbb", "textbb", "amsrm"]),
        ("Caligraphic-Bold", ["mathcal mathbf", "boldcal"]),
        ("Caligraphic-Regular", ["mathcal"]),
        ("Fraktur-Bold", ["mathboldfrak", "textboldfrak"]),
        ("Fraktur-Regular", ["mathfrak", "textfrak"]),
        ("Main-Bold", ["mathbf", "textbf"]),
        ("Main-BoldItalic", ["textbf textit", "textit textbf"]),
        ("Main-Italic", ["mathit", "textit"]),
        ("Math-BoldItalic", ["boldsymbol"]),
        ("SansSerif-Bold", ["mathboldsf", "textboldsf"]),
        ("SansSerif-Italic", ["mathsfit", "mathitsf", "textitsf"]),
        ("SansSerif-Regular", ["mathsf", "textsf"]),
        ("Script-Regular", ["mathscr", "textscr"]),
        ("Typewriter-Regular", ["mathtt", "texttt"]),
    ];

    /// <summary>The rules for a page with these formulas; empty for a page without any.</summary>
    internal static string For(string html)
    {
        if (!html.Contains("class=\"katex\"", StringComparison.Ordinal)) return "";
        return $"/*\nKaTeX (katex.org)\n{ReportAssets.Text("katex.LICENSE").Trim()}\n*/\n" + FontFace().Replace(ReportAssets.Text("katex.katex.min.css"), match =>
        {
            var font = match.Groups["font"].Value;
            var asked = Array.Find(_wanted, entry => entry.Font == font);
            if (asked.Classes is not null && !asked.Classes.Any(name => html.Contains(name, StringComparison.Ordinal))) return "";
            var data = Convert.ToBase64String(ReportAssets.Bytes($"katex.fonts.KaTeX_{font}.woff2"));
            return $"{match.Groups["head"].Value}src:url(data:font/woff2;base64,{data}) format(\"woff2\")}}";
        });
    }

    [GeneratedRegex("""(?<head>@font-face\{[^}]*?)src:url\(fonts/KaTeX_(?<font>[A-Za-z0-9-]+)\.woff2\)[^}]*\}""")]
    private static partial Regex FontFace();
}
