using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>One picture of each ImageNet class in one folder, named <c>wnid_label.JPEG</c>. It is not ImageNetV2 and must not be reported as such.</summary>
public static class ImageNetSample
{
    private const string Set = "imagenet-sample";
    private const string NamesFile = "wnids_1000.txt";

    /// <summary>There is one split.</summary>
    public static IReadOnlyList<string> Splits { get; } = ["test"];

    /// <summary>Opens the set.</summary>
    /// <param name="dir">The data folder, or the set's own.</param>
    /// <param name="split"><c>test</c>.</param>
    /// <param name="presentOnly">Whether only the classes that have a picture here count, instead of all that <c>wnids_1000.txt</c> names.</param>
    /// <exception cref="InputException">The folder or its list is missing or damaged, or a picture's name is of no listed class.</exception>
    public static LabelledFiles Open(string dir, string split = "test", bool presentOnly = false)
    {
        if (!Splits.Contains(split)) throw new InputException($"{Set}/{split}", "is not a split", "Use test");
        var entry = DatasetCatalog.Find(Set);
        var folder = entry.Folders.Prepend("").Select(f => Path.Combine(dir, f)).FirstOrDefault(f => Directory.Exists(f) && Pictures(f).Any())
            ?? throw new InputException(Path.GetFullPath(dir), "holds no pictures named wnid_label.JPEG", $"Put them into {entry.Folders[0]}");
        var files = Pictures(folder).Order(StringComparer.Ordinal).ToArray();
        var names = Names(folder, files);
        var labels = names.Select((n, label) => (n.Wnid, label)).ToDictionary(n => n.Wnid, n => n.label, StringComparer.Ordinal);
        var found = files.Select(file => labels.TryGetValue(Wnid(file), out var label)
            ? (file, label)
            : throw new InputException(file, $"is of the class {Wnid(file)}, which {NamesFile} does not name", "Put the original list back")).ToList();
        string[] classes = [.. names.Select(n => n.Name)];
        if (presentOnly) (classes, found) = ImageFolder.PresentOnly(classes, found);
        var ways = FormattableString.Invariant($", {classes.Length}-way");
        return new LabelledFiles($"{Set}/{split}", entry.Describe(split, found.Count, folder) + ways, classes, entry.Templates, found);
    }

    private static IEnumerable<string> Pictures(string folder) =>
        Directory.EnumerateFiles(folder, "n*_*.*").Where(f => Path.GetExtension(f).ToUpperInvariant() is ".JPEG" or ".JPG" && Wnid(f).Length == 9);

    private static string Wnid(string file) => Path.GetFileName(file).Split('_')[0];

    private static List<(string Wnid, string Name)> Names(string folder, string[] files)
    {
        var list = Path.Combine(folder, NamesFile);
        if (!File.Exists(list))
            return [.. files.Select(f => (Wnid(f), ClassNames.Spoken(Path.GetFileNameWithoutExtension(f)[(Wnid(f).Length + 1)..]))).DistinctBy(n => n.Item1)];
        return [.. ClassNames.Read(list).Select((line, i) => line.Split(' ', 2) is [{ Length: 9 } wnid, { Length: > 0 } name]
            ? (wnid, name)
            : throw new InputException(FormattableString.Invariant($"{list} line {i + 1}"), "expected 'wnid name'", "Put the original list back")).DistinctBy(n => n.wnid)];
    }
}
