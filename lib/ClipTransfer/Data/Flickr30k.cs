using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Flickr30k (Young et al. 2014): 31,783 photographs with five captions each, in its own layout and those in use.</summary>
/// <remarks>
/// Captions: <c>results_20130124.token</c> (<c>image#n TAB caption</c>), Karpathy's <c>dataset_flickr30k.json</c>, or a table: <c>results.csv</c> (<c>image_name| comment_number| comment</c>),
/// <c>captions.txt</c> or <c>flickr30k.csv</c> (<c>image,caption</c>). Splits: Karpathy's (29,000 / 1,014 / 1,000) from his file, else lists <c>train.txt</c>, <c>val.txt</c>, <c>test.txt</c> of image numbers as Flickr30k
/// Entities has them (29,783 / 1,000 / 1,000).
/// </remarks>
public static class Flickr30k
{
    private const string Set = "flickr30k";
    private const string Karpathy = "dataset_flickr30k.json";
    private static readonly string[] _imageFolders = ["flickr30k-images", "flickr30k_images", "Images", "images", "flickr30k_images/flickr30k_images"];
    private static readonly string[] _tables = ["results.csv", "captions.txt", "flickr30k.csv", "flickr30k_images/results.csv"];
    private static readonly string[] _tokens = ["results_20130124.token"];

    /// <summary>The splits, and <c>all</c>: every captioned photograph.</summary>
    public static IReadOnlyList<string> Splits { get; } = ["train", "val", "test", "all"];

    /// <summary>Opens one split.</summary>
    /// <param name="dir">The data folder, or the set's own.</param>
    /// <param name="split">One of <see cref="Splits"/>.</param>
    /// <exception cref="InputException">A file is missing or damaged, or a list names a photograph that is absent or has no caption.</exception>
    public static CaptionedFiles Open(string dir, string split)
    {
        if (!Splits.Contains(split)) throw new InputException($"{Set}/{split}", "is not a split", $"Use one of {string.Join(", ", Splits)}");
        var entry = DatasetCatalog.Find(Set);
        var folder = DataFolder.Find(dir, entry, [Karpathy, .. _tokens, .. _tables]);
        // Some copies have a folder of the photographs' folder's name within it.
        var pictures = _imageFolders.Select(f => Path.Combine(folder, f)).Where(Directory.Exists).OrderByDescending(f => Directory.EnumerateFiles(f).Any(ImageFolder.IsPicture)).FirstOrDefault()
            ?? throw new InputException(Path.Combine(folder, _imageFolders[0]), "is missing", "Put the photographs there");
        var remarks = new RemarkList();
        var wanted = Wanted(folder, split, remarks);
        var present = ImageList.FileNames(pictures);
        var pairs = new List<(string, IReadOnlyList<string>)>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, where, captions) in wanted)
        {
            if (!seen.Add(name)) throw new InputException(where, $"names '{CaptionText.Shown(name)}' a second time", "Put the original list back");
            if (!present.Contains(name)) throw new InputException(where, $"names '{CaptionText.Shown(name)}', which is not in {pictures}", "Put the photograph back or take it off the list");
            if (captions.Count == 0) throw new InputException(where, $"names '{CaptionText.Shown(name)}', which has no caption", "Put the caption back or take the photograph off the list");
            pairs.Add((Path.Combine(pictures, name), captions));
        }

        if (pairs.Count == 0) throw new InputException($"{Set}/{split}", "has no photographs", "Put the original list back");
        var count = pairs.Sum(p => (long)p.Item2.Count);
        return new CaptionedFiles($"{Set}/{split}", FormattableString.Invariant($"Flickr30k {split}: {pairs.Count} photographs, {count} captions{remarks} in {Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}"), pairs, remarks.ToList());
    }

    private static IEnumerable<(string Name, string Where, IReadOnlyList<string> Captions)> Wanted(string folder, string split, RemarkList remarks)
    {
        if (File.Exists(Path.Combine(folder, Karpathy)))
            return KarpathySplit.Read(Path.Combine(folder, Karpathy), split == "all" ? null : split).Select(i => (i.Name, i.Where, (IReadOnlyList<string>)CaptionList.Cleaned(i.Captions, i.Name, remarks)));
        var file = _tokens.Concat(_tables).Select(f => Path.Combine(folder, f)).First(File.Exists);
        var captions = file.EndsWith(".token", StringComparison.Ordinal) ? CaptionList.ReadTokens(file, out _, remarks) : CaptionList.ReadTable(file, remarks);
        if (split == "all") return captions.Select(c => (c.Key, file, (IReadOnlyList<string>)c.Value));
        var list = Path.Combine(folder, split + ".txt");
        if (!File.Exists(list)) throw new InputException(list, "is missing", $"Put {Karpathy} or the split's list there, or use the split 'all'");
        return DataFolder.ReadLines(list).Select((line, i) => (Line: line.Trim(), Where: FormattableString.Invariant($"{list} line {i + 1}"))).Where(l => l.Line.Length > 0)
            .Select(l => (Name: Path.HasExtension(l.Line) ? l.Line : l.Line + ".jpg", l.Where))
            .Select(l => (l.Name, l.Where, (IReadOnlyList<string>)(captions.TryGetValue(l.Name, out var texts) ? texts : [])));
    }
}
