namespace ClipTransfer.Data;

/// <summary>A guess at the shared feature of photographs, from their captions: the one content word on which most captions of a picture agree.</summary>
/// <remarks>
/// Nobody has marked what picture and caption share, so this is a choice [?]: a topic is a content word; a picture has a topic if at least half of its captions name it; of
/// several the one that most of its captions name, of these the one that most pictures have. Topics of few pictures are no topics, and a picture without one is left out.
/// Words are taken as they stand: <c>dog</c> and <c>dogs</c> are two.
/// </remarks>
/// <param name="Words">The topics, the most frequent first.</param>
/// <param name="OfPicture">For each picture the number of its topic, or −1.</param>
public sealed record PictureTopics(IReadOnlyList<string> Words, IReadOnlyList<int> OfPicture)
{
    /// <summary>Finds the topics.</summary>
    /// <param name="captions">The captions of each picture.</param>
    /// <param name="fewest">A topic has at least so many pictures.</param>
    public static PictureTopics Of(IReadOnlyList<IReadOnlyList<string>> captions, int fewest = 8)
    {
        var named = captions.Select(ofPicture =>
        {
            var counts = ofPicture.SelectMany(caption => CaptionStatistics.ContentWords(caption).Distinct()).GroupBy(word => word, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count());
            return counts.Where(word => 2 * word.Value >= ofPicture.Count).ToDictionary();
        }).ToArray();
        var pictures = named.SelectMany(words => words.Keys).GroupBy(word => word, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count());
        var chosen = named.Select(words => words.Count == 0 ? null : words.OrderByDescending(w => w.Value).ThenByDescending(w => pictures[w.Key]).ThenBy(w => w.Key, StringComparer.Ordinal).First().Key).ToArray();
        string[] topics =
        [
            .. chosen.OfType<string>().GroupBy(word => word, StringComparer.Ordinal).Where(group => group.Count() >= fewest)
                .OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).Select(group => group.Key),
        ];
        return new PictureTopics(topics, [.. chosen.Select(word => word is null ? -1 : Array.IndexOf(topics, word))]);
    }
}
