using System.Text;
using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Conceptual Captions (CC3M; Sharma et al. 2018), the paper's pre-training set: a list of captions and addresses, and what could be fetched of them.</summary>
/// <remarks>
/// What img2dataset makes is read in both of its forms: webdataset shards (also those published as <c>cc3m-train-0000.tar</c>), and folders of
/// <c>a.jpg</c>, <c>a.txt</c>, <c>a.json</c>. Where pictures have no text beside them, the release's list (<c>caption TAB url</c>, no header) is joined by the <c>url</c> that their
/// notes name: never by a number, which a repeated download shifts.
/// </remarks>
public static class ConceptualCaptions
{
    private const string Set = "cc3m";
    private static readonly Dictionary<string, (string[] Folders, string[] Lists, string[] Shards)> _places = new(StringComparer.Ordinal)
    {
        ["train"] = (["train", "training", "cc3m_train"], ["Train_GCC-training.tsv", "Train-GCC-training.tsv", "cc3m.tsv", "train.tsv"], ["cc3m-train-*.tar"]),
        ["val"] = (["val", "validation", "cc3m_val"], ["Validation_GCC-1.1.0-Validation.tsv", "Validation-GCC-1.1.0-Validation.tsv", "val.tsv"], ["cc3m-validation-*.tar"]),
    };

    /// <summary>The splits of the release.</summary>
    public static IReadOnlyList<string> Splits { get; } = ["train", "val"];

    /// <summary>Opens what is there of one split.</summary>
    /// <param name="dir">The data folder, or the set's own.</param>
    /// <param name="split"><c>train</c> (3,318,333 addresses) or <c>val</c> (15,840); every copy has fewer, since addresses die.</param>
    /// <exception cref="InputException">Nothing of it is there, or a file is damaged.</exception>
    public static IPairSource Open(string dir, string split)
    {
        if (!_places.TryGetValue(split, out var places)) throw new InputException($"{Set}/{split}", "is not a split", $"Use one of {string.Join(", ", Splits)}");
        var name = $"{Set}/{split}";
        foreach (var root in DatasetCatalog.Find(Set).Folders.Prepend("").Select(f => Path.Combine(dir, f)).Where(Directory.Exists))
        {
            string[] shards = [.. places.Shards.SelectMany(pattern => Directory.EnumerateFiles(root, pattern)).Order(StringComparer.Ordinal)];
            if (shards.Length > 0) return TarShards.Open(shards, name);
            // Without a folder a split, what lies there is the training split, as img2dataset leaves it.
            var folder = places.Folders.Select(f => Path.Combine(root, f)).FirstOrDefault(Directory.Exists) ?? (split == "train" && HasOwn(root) ? root : null);
            if (folder is null) continue;
            if (Directory.EnumerateFiles(folder, "*.tar").Any()) return TarShards.Open(folder, name);
            var list = places.Lists.Select(f => Path.Combine(root, f)).FirstOrDefault(File.Exists);
            if (list is null) return ImageTextFolder.Open(folder, name);
            using var captions = new UrlCaptions(list);
            return ImageTextFolder.Open(folder, name, captions.Find);
        }

        throw new InputException(
            Path.GetFullPath(dir), "is missing", $"Put what img2dataset made of CC3M into {Path.Combine(dir, Set, split)}: shards (.tar), or folders of .jpg and .txt (datasets/README.md)");
    }

    /// <summary>The set's own folder: shards, or img2dataset's numbered folders, directly in it.</summary>
    private static bool HasOwn(string root) =>
        Path.GetFileName(Path.GetFullPath(root)).Contains(Set, StringComparison.OrdinalIgnoreCase)
        && (Directory.EnumerateFiles(root, "0*.tar").Any() || Directory.EnumerateDirectories(root, "0*").Any());

    /// <summary>The release's list, by address.</summary>
    private sealed class UrlCaptions : IDisposable
    {
        private readonly Dictionary<(ulong, ulong), int> _rows = [];
        private readonly TextTable _table;
        private readonly int _captionColumn;

        public UrlCaptions(string file)
        {
            // The release has no header; who prepared the list for img2dataset put one there.
            var captionColumn = 0;
            _table = new TextTable(file, new TextTableOptions { Separator = '\t', Quoted = false, HasHeader = false }, (table, number, row) =>
            {
                if (number == 0 && row.Field(0) == "url") captionColumn = 1;
                if (!row.TryBytes(1 - captionColumn, out var url, out _) || !row.TryBytes(captionColumn, out _, out _))
                    throw new InputException(table.Where(number), "expected 'caption TAB url'", "Put the original list back");
                _rows.TryAdd(Key(url), number);
            });
            _captionColumn = captionColumn;
        }

        public string? Find(string url) => _rows.TryGetValue(Key(Encoding.UTF8.GetBytes(url)), out var row) ? _table.Field(row, _captionColumn) : null;

        public void Dispose() => _table.Dispose();

        private static (ulong, ulong) Key(ReadOnlySpan<byte> url) => (PixelCacheFile.Checksum(url, 1), PixelCacheFile.Checksum(url, 2));
    }
}
