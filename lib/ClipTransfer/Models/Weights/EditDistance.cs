namespace ClipTransfer.Models.Weights;

/// <summary>How alike two names are (Levenshtein 1966).</summary>
internal static class EditDistance
{
    /// <summary>The fewest letters to insert, delete or replace that turn one text into the other.</summary>
    public static int Between(string a, string b)
    {
        var previous = Enumerable.Range(0, b.Length + 1).ToArray();
        var current = new int[b.Length + 1];
        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
                current[j] = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
            (previous, current) = (current, previous);
        }

        return previous[b.Length];
    }

    /// <summary>The most alike of some names; null where there is none.</summary>
    public static string? Nearest(string name, IEnumerable<string> names) => names.MinBy(other => Between(name, other));
}
