using System.Text;

namespace ClipTransfer.Data;

/// <summary>Captions as they come, made fit to be encoded.</summary>
internal static class CaptionText
{
    /// <summary>The caption without blanks at its ends; control characters and what is no text in UTF-8 become single blanks.</summary>
    /// <param name="text">The caption as read.</param>
    /// <param name="odd">Whether it had control characters, line breaks and tabs within not counted.</param>
    public static string Clean(string text, out bool odd)
    {
        odd = false;
        text = text.Trim().Trim('\uFEFF');
        if (!text.Any(IsOdd)) return text;
        odd = text.Any(c => IsOdd(c) && c is not ('\t' or '\n' or '\r'));
        var clean = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (c != ' ' && !IsOdd(c)) clean.Append(c);
            else if (clean.Length > 0 && clean[^1] != ' ') clean.Append(' ');
        }

        return clean.ToString().Trim();
    }

    /// <summary>A caption's bytes as text.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    /// <summary>The start of a text, on one line, for messages.</summary>
    public static string Shown(string text)
    {
        var line = string.Concat(text.Take(61).Select(c => char.IsControl(c) ? ' ' : c));
        return line.Length <= 60 ? line : line[..60] + "…";
    }

    private static bool IsOdd(char c) => char.IsControl(c) || c is '\uFFFD' or '\uFEFF' or '\u2028' or '\u2029';
}
