using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Flickr8k (Hodosh, Young and Hockenmaier 2013): 8,000 photographs with five captions each, in its own layout.</summary>
public static class Flickr8k
{
    private const string Set = "flickr8k";
    private static readonly string[] _captionFiles = ["captions.txt", "Flickr8k.token.txt", "Flickr8k_text/Flickr8k.token.txt"];
    private static readonly string[] _imageFolders = ["Images", "images", "Flicker8k_Dataset", "Flickr8k_Dataset"];

    /// <summary>The splits of the release, and <c>all</c>: every captioned photograph, also those in no split.</summary>
    public static IReadOnlyList<string> Splits { get; } = ["train", "dev", "test", "all"];

    /// <summary>Opens one split.</summary>
    /// <param name="dir">The data folder, or the set's own.</param>
    /// <param name="split"><c>train</c> (6,000), <c>dev</c> (1,000), <c>test</c> (1,000) or <c>all</c>.</param>
    /// <exception cref="InputException">A file is missing or damaged, or the split's list names an image that is absent or has no caption.</exception>
    public static CaptionedFiles Open(string dir, string split)
    {
        if (!Splits.Contains(split)) throw new InputException($"{Set}/{split}", "is not a split", $"Use one of {string.Join(", ", Splits)}");
        var folder = DataFolder.Find(dir, DatasetCatalog.Find(Set), [.. _captionFiles, .. _imageFolders, ListName("train")]);
        var captionFile = _captionFiles.Select(f => Path.Combine(folder, f)).FirstOrDefault(File.Exists)
            ?? throw new InputException(Path.Combine(folder, _captionFiles[0]), "is missing", "Put the captions back, or the older Flickr8k.token.txt");
        var images = _imageFolders.Select(f => Path.Combine(folder, f)).FirstOrDefault(Directory.Exists)
            ?? throw new InputException(Path.Combine(folder, _imageFolders[0]), "is missing", "Put the photographs there");
        var remarks = new RemarkList();
        var captions = captionFile.EndsWith("token.txt", StringComparison.Ordinal)
            ? CaptionList.ReadTokens(captionFile, out var empty, remarks)
            : CaptionList.ReadCsv(captionFile, out empty, remarks);
        var names = split == "all" ? captions.Keys.Select((name, i) => (name, $"{captionFile} image {i + 1}")) : ReadList(folder, split);
        var present = Directory.EnumerateFiles(images).Select(Path.GetFileName).ToHashSet(StringComparer.Ordinal);
        var pairs = new List<(string, IReadOnlyList<string>)>();
        foreach (var (name, where) in names)
        {
            if (!present.Contains(name)) throw new InputException(where, $"names '{name}', which is not in {images}", "Put the photograph back or take it off the list");
            if (!captions.TryGetValue(name, out var texts) || texts.Count == 0)
                throw new InputException(where, $"names '{name}', which has no caption in {captionFile}", "Put the caption back or take the photograph off the list");
            pairs.Add((Path.Combine(images, name), texts));
        }

        if (pairs.Count == 0) throw new InputException($"{Set}/{split}", "has no images", "Put the original list back");
        var count = pairs.Sum(p => (long)p.Item2.Count);
        return new CaptionedFiles(
            $"{Set}/{split}",
            FormattableString.Invariant($"Flickr8k {split}: {pairs.Count} photographs, {count} captions{(empty > 0 ? $", {empty} empty captions left out" : "")} in {Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}"),
            pairs, remarks.ToList());
    }

    private static string ListName(string split) => $"Flickr_8k.{split}Images.txt";

    private static IEnumerable<(string Name, string Where)> ReadList(string folder, string split)
    {
        string[] places = [Path.Combine(folder, ListName(split)), Path.Combine(folder, "Flickr8k_text", ListName(split))];
        var file = places.FirstOrDefault(File.Exists) ?? throw new InputException(places[0], "is missing", "Put the split's list back, or use the split 'all'");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (line, i) in DataFolder.ReadLines(file).Select((line, i) => (line.Trim(), i)))
        {
            if (line.Length == 0) continue;
            if (!seen.Add(line)) throw new InputException($"{file} line {i + 1}", $"names '{line}' a second time", "Put the original list back");
            yield return (line, $"{file} line {i + 1}");
        }
    }
}
