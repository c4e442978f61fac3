using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ClipTransfer.Text;

/// <summary>CLIP's clean-up of captions and its split into words, and bytes as printable characters.</summary>
/// <remarks>
/// As CLIP's own tokenizer: lower case, runs of white space as one space, then runs of letters (with their accents), single digits, and runs of other signs
/// are words. Every word becomes its UTF-8 bytes, each byte one printable character (GPT-2's table), so that no text is ever unknown.
/// </remarks>
internal static partial class CaptionWords
{
    private static readonly char[] _ofByte = MakeTable();
    private static readonly Dictionary<char, byte> _toByte = _ofByte.Select((c, b) => (c, b)).ToDictionary(pair => pair.c, pair => (byte)pair.b);

    /// <summary>The 256 characters that stand for bytes, in byte order.</summary>
    public static IReadOnlyList<char> ByteCharacters => _ofByte;

    /// <summary>The cleaned text: lower case, no control characters, single spaces; half a surrogate pair becomes the replacement character.</summary>
    /// <remarks>No Unicode composition: it needs ICU, which some hosts switch off, and a caption must have the same ids everywhere.</remarks>
    public static string Clean(string text)
    {
        var cleaned = new StringBuilder(text.Length);
        var pendingSpace = false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune) || Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format)
            {
                pendingSpace = cleaned.Length > 0;
                continue;
            }

            if (pendingSpace) cleaned.Append(' ');
            pendingSpace = false;
            cleaned.Append(Rune.ToLowerInvariant(rune).ToString());
        }

        return cleaned.ToString();
    }

    /// <summary>The words of a text after the clean-up.</summary>
    public static List<string> Split(string text)
    {
        var cleaned = Clean(text);
        var words = new List<string>();
        foreach (var match in Words().EnumerateMatches(cleaned)) words.Add(cleaned.Substring(match.Index, match.Length));
        return words;
    }

    /// <summary>A word as one character a byte.</summary>
    public static string ToByteCharacters(string word) => string.Concat(Encoding.UTF8.GetBytes(word).Select(b => _ofByte[b]));

    /// <summary>The text whose bytes these characters stand for.</summary>
    public static string FromByteCharacters(string characters) => Encoding.UTF8.GetString([.. characters.Select(c => _toByte[c])]);

    private static char[] MakeTable()
    {
        var table = new char[256];
        var next = 256;
        for (var b = 0; b < 256; b++)
            table[b] = b is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255) ? (char)b : (char)next++;
        return table;
    }

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}\p{M}]+|\p{N}|[^\s\p{L}\p{M}\p{N}]+", RegexOptions.CultureInvariant)]
    private static partial Regex Words();
}
