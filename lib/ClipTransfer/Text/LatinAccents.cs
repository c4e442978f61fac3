using System.Globalization;
using System.Text;

namespace ClipTransfer.Text;

/// <summary>Lower-case letters without their accents, as BERT's uncased vocabulary wants them: é → e.</summary>
/// <remarks>
/// Unicode's canonical decomposition needs ICU, which some hosts switch off, and a caption must have the same ids everywhere. So the decompositions of Latin letters up to U+024F stand here
/// (from the Unicode character database); accents that come as characters of their own are dropped in any script. Letters such as ø and ß have no decomposition, and stay.
/// </remarks>
internal static class LatinAccents
{
    private static readonly (char Base, string Letters)[] _decompositions =
    [
        ('a', "àáâãäåāăąǎǟǡǻȁȃȧ"),
        ('c', "çćĉċč"),
        ('d', "ď"),
        ('e', "èéêëēĕėęěȅȇȩ"),
        ('g', "ĝğġģǧǵ"),
        ('h', "ĥȟ"),
        ('i', "ìíîïĩīĭįǐȉȋ"),
        ('j', "ĵǰ"),
        ('k', "ķǩ"),
        ('l', "ĺļľ"),
        ('n', "ñńņňǹ"),
        ('o', "òóôõöōŏőơǒǫǭȍȏȫȭȯȱ"),
        ('r', "ŕŗřȑȓ"),
        ('s', "śŝşšș"),
        ('t', "ţťț"),
        ('u', "ùúûüũūŭůűųưǔǖǘǚǜȕȗ"),
        ('w', "ŵ"),
        ('y', "ýÿŷȳ"),
        ('z', "źżž"),
        ('æ', "ǣǽ"),
        ('ø', "ǿ"),
        ('ʒ', "ǯ"),
    ];

    private static readonly Dictionary<char, char> _bases = _decompositions.SelectMany(d => d.Letters.Select(letter => (letter, d.Base))).ToDictionary(p => p.letter, p => p.Base);

    /// <summary>The text in lower case, without accents.</summary>
    public static string LowerWithout(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var letter in text.ToLowerInvariant())
        {
            if (CharUnicodeInfo.GetUnicodeCategory(letter) != UnicodeCategory.NonSpacingMark) result.Append(_bases.GetValueOrDefault(letter, letter));
        }

        return result.ToString();
    }
}
