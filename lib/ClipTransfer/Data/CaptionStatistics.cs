using ClipTransfer.Runtime;
using ClipTransfer.Text;

namespace ClipTransfer.Data;

/// <summary>What the captions of a set are like.</summary>
/// <param name="Images">Pictures.</param>
/// <param name="Captions">Captions.</param>
/// <param name="MeanWords">Words a caption, after CLIP's clean-up, punctuation left out.</param>
/// <param name="Vocabulary">Different words.</param>
/// <param name="TopWords">The most frequent content words, each with the share of captions that have it.</param>
/// <param name="Repeated">The share of captions whose text another picture has too.</param>
public sealed record CaptionStatistics(
    int Images, int Captions, double MeanWords, int Vocabulary, IReadOnlyList<(string Word, double Share)> TopWords, double Repeated)
{
    // The function words of English captions: they say nothing of what is in a picture.
    private static readonly HashSet<string> _function = new(
        "a an the and or of in on at to with from by for is are was were be being as it its this that there his her their he she they one two some while up down into over near next".Split(' '),
        StringComparer.Ordinal);

    /// <summary>Counts over the first captions of a set.</summary>
    /// <param name="source">The pairs.</param>
    /// <param name="most">At most so many pictures.</param>
    /// <param name="top">How many frequent words to keep.</param>
    public static CaptionStatistics Of(IPairSource source, int most = 100_000, int top = 12)
    {
        var images = Math.Min(source.Count, most);
        var (words, captions) = (0L, 0);
        var containing = new Dictionary<string, int>(StringComparer.Ordinal);
        var owners = new Dictionary<string, (int First, bool Shared, int Count)>(StringComparer.Ordinal);
        for (var image = 0; image < images; image++)
        {
            foreach (var caption in source.Captions(image))
            {
                var split = Words(caption);
                (words, captions) = (words + split.Count, captions + 1);
                foreach (var word in split.Distinct()) containing[word] = containing.GetValueOrDefault(word) + 1;
                var text = string.Join(' ', split);
                owners[text] = owners.TryGetValue(text, out var known) ? (known.First, known.Shared || known.First != image, known.Count + 1) : (image, false, 1);
            }
        }

        return new CaptionStatistics(
            images, captions, (double)words / Math.Max(1, captions), containing.Count,
            [.. containing.Where(word => !_function.Contains(word.Key)).OrderByDescending(word => word.Value).ThenBy(word => word.Key, StringComparer.Ordinal).Take(top)
                .Select(word => (word.Key, (double)word.Value / captions))],
            (double)owners.Values.Where(owner => owner.Shared).Sum(owner => owner.Count) / Math.Max(1, captions));
    }

    /// <summary>
    /// How alike the captions of two random pictures are: the Jaccard index |A ∩ B| / |A ∪ B| of their content words. Pairs of different pictures that say the same
    /// are unintended positives of a batch; where the line is, is a choice [?], so the whole distribution is given.
    /// </summary>
    /// <param name="source">The pairs; the first caption of each picture counts.</param>
    /// <param name="pairs">How many random pairs of pictures.</param>
    /// <param name="seed">Decides which.</param>
    /// <returns>One index a pair, 0 to 1.</returns>
    public static IReadOnlyList<double> Overlaps(IPairSource source, int pairs, long seed)
    {
        if (source.Count < 2) throw new InputException(source.Name, "has fewer than two pictures", "Choose a larger set");
        var random = new Random(unchecked((int)Seeds.Derive(seed, "caption overlap")));
        var contents = new Dictionary<int, HashSet<string>>();
        return [.. Enumerable.Range(0, pairs).Select(_ =>
        {
            var first = random.Next(source.Count);
            var second = (first + 1 + random.Next(source.Count - 1)) % source.Count;
            var (a, b) = (Content(first), Content(second));
            var common = a.Count(b.Contains);
            return a.Count + b.Count == 0 ? 0 : (double)common / (a.Count + b.Count - common);
        })];

        HashSet<string> Content(int image)
        {
            if (contents.TryGetValue(image, out var known)) return known;
            var captions = source.Captions(image);
            return contents[image] = captions.Count == 0 ? [] : [.. ContentWords(captions[0])];
        }
    }

    /// <summary>The words of a caption that say something of a picture, in its order.</summary>
    internal static IEnumerable<string> ContentWords(string caption) => Words(caption).Where(word => !_function.Contains(word));

    private static List<string> Words(string caption) => [.. CaptionWords.Split(caption).Where(word => char.IsLetterOrDigit(word[0]))];
}
