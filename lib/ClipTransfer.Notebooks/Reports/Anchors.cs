using System.Text;

namespace ClipTransfer.Notebooks.Reports;

/// <summary>Gives out anchors that are unique on a page.</summary>
internal sealed class Anchors
{
    private readonly HashSet<string> _taken = [];
    private readonly string _prefix;

    internal Anchors(string prefix) => _prefix = prefix;

    /// <summary>An anchor that reads like the text.</summary>
    internal string For(string text)
    {
        var slug = new StringBuilder(_prefix);
        foreach (var letter in text.ToLowerInvariant())
        {
            if (char.IsLetterOrDigit(letter)) slug.Append(letter);
            else if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
        }

        var name = slug.ToString().Trim('-');
        if (name.Length == 0) name = "section";
        var unique = name;
        for (var i = 2; !_taken.Add(unique); i++) unique = $"{name}-{i}";
        return unique;
    }
}
