namespace ClipTransfer.Runtime;

/// <summary>What someone who mistyped a name may have meant.</summary>
public static class NearestName
{
    /// <summary>The name that the fewest insertions, deletions and replacements of letters turn the given one into (Levenshtein 1966), case left out; null of no names.</summary>
    public static string? Of(string given, IEnumerable<string> names) => names.MinBy(name => Distance(given.ToUpperInvariant(), name.ToUpperInvariant()));

    private static int Distance(string a, string b)
    {
        // One row of the table at a time: row[j] is the distance of a's first i letters and b's first j.
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[b.Length];
    }
}
