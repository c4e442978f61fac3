namespace ClipTransfer.Text;

/// <summary>Learns byte-pair merges from the words of a corpus (Sennrich, Haddow and Birch 2016). Microsoft.ML.Tokenizers applies merges but learns none.</summary>
internal static class BytePairTrainer
{
    /// <summary>Marks the last symbol of a word, as in CLIP's vocabulary.</summary>
    public const string EndOfWord = "</w>";

    /// <summary>Merges in the order in which they are applied: the most frequent pair first, ties by ordinal order, so that one corpus gives one result.</summary>
    /// <param name="wordCounts">Words as byte characters, and how often each occurs.</param>
    /// <param name="merges">How many merges at most.</param>
    /// <param name="leastCount">A pair that occurs less often is not merged.</param>
    public static List<(string Left, string Right)> Learn(IReadOnlyDictionary<string, long> wordCounts, int merges, long leastCount)
    {
        var symbols = new List<string>();
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        int Id(string symbol)
        {
            if (ids.TryGetValue(symbol, out var id)) return id;
            ids[symbol] = symbols.Count;
            symbols.Add(symbol);
            return symbols.Count - 1;
        }

        var words = new List<List<int>>();
        var counts = new List<long>();
        foreach (var (word, count) in wordCounts.OrderBy(w => w.Key, StringComparer.Ordinal))
        {
            words.Add([.. word.Select((c, i) => Id(i == word.Length - 1 ? c + EndOfWord : c.ToString()))]);
            counts.Add(count);
        }

        var pairs = new Dictionary<(int Left, int Right), Pair>();
        for (var w = 0; w < words.Count; w++) Count(w, +1);

        var learned = new List<(string, string)>();
        while (learned.Count < merges && Best() is { } best)
        {
            var (left, right) = best;
            var merged = Id(symbols[left] + symbols[right]);
            learned.Add((symbols[left], symbols[right]));
            foreach (var w in pairs[best].Words.ToArray())
            {
                Count(w, -1);
                var word = words[w];
                for (var i = 0; i + 1 < word.Count; i++)
                {
                    if (word[i] != left || word[i + 1] != right) continue;
                    word[i] = merged;
                    word.RemoveAt(i + 1);
                }

                Count(w, +1);
            }
        }

        return learned;

        void Count(int w, int sign)
        {
            var word = words[w];
            for (var i = 0; i + 1 < word.Count; i++)
            {
                var key = (word[i], word[i + 1]);
                if (!pairs.TryGetValue(key, out var pair)) pairs[key] = pair = new Pair();
                pair.Count += sign * counts[w];
                if (sign > 0) pair.Words.Add(w);
                else pair.Words.Remove(w);
                if (pair.Count == 0) pairs.Remove(key);
            }
        }

        (int Left, int Right)? Best()
        {
            (int Left, int Right)? best = null;
            var most = leastCount - 1;
            foreach (var (key, pair) in pairs)
            {
                if (pair.Count < most || (pair.Count == most && (best is null || !Before(key, best.Value)))) continue;
                best = key;
                most = pair.Count;
            }

            return best;
        }

        bool Before((int Left, int Right) a, (int Left, int Right) b)
        {
            var order = string.CompareOrdinal(symbols[a.Left], symbols[b.Left]);
            return order < 0 || (order == 0 && string.CompareOrdinal(symbols[a.Right], symbols[b.Right]) < 0);
        }
    }

    private sealed class Pair
    {
        public long Count { get; set; }

        public HashSet<int> Words { get; } = [];
    }
}
