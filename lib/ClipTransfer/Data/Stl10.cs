using System.Globalization;
using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>STL-10 (Coates, Ng and Lee 2011) in its binary layout: 10 classes, 96 × 96.</summary>
public static class Stl10
{
    private const string Set = "stl10";

    /// <summary>The labelled splits of the release; its unlabelled pictures are not used.</summary>
    public static IReadOnlyList<string> Splits { get; } = ["train", "test"];

    /// <summary>Opens one split.</summary>
    /// <param name="dir">The data folder, the set's own, or its <c>stl10_binary</c>.</param>
    /// <param name="split"><c>train</c> (5,000) or <c>test</c> (8,000); files may hold fewer records.</param>
    /// <param name="fold">One of the ten predefined folds of 1,000 training pictures (0 … 9); null for all.</param>
    /// <exception cref="InputException">A file is missing, cut inside a record, or holds a label or index out of range; or pictures and labels differ in number.</exception>
    public static StlRecords Open(string dir, string split, int? fold = null)
    {
        if (!Splits.Contains(split)) throw new InputException($"{Set}/{split}", "is not a split", $"Use one of {string.Join(", ", Splits)}");
        var entry = DatasetCatalog.Find(Set);
        var folder = DataFolder.Find(dir, entry, ["train_X.bin", "test_X.bin", "class_names.txt"]);
        var namesFile = Path.Combine(folder, "class_names.txt");
        var names = File.Exists(namesFile) ? ClassNames.Read(namesFile) : [.. entry.ClassNames];
        if (names.Length != entry.ClassNames.Count) throw new InputException(namesFile, $"names {names.Length} classes, STL-10 has {entry.ClassNames.Count}", "Fetch the set again");
        var name = fold is null ? $"{Set}/{split}" : FormattableString.Invariant($"{Set}/{split}/fold{fold}");
        var records = new StlRecords(name, Path.Combine(folder, split + "_X.bin"), Path.Combine(folder, split + "_y.bin"), names, entry.Templates, entry.Splits[split]);
        if (fold is not { } number) return records;
        if (split != "train" || number is < 0 or > 9) throw new InputException(name, "is no fold", "The train split has the folds 0 to 9");
        return records.Only(Fold(Path.Combine(folder, "fold_indices.txt"), number, records.Count));
    }

    /// <summary>Ten lines of indices from 0, blanks between.</summary>
    private static int[] Fold(string file, int number, int count)
    {
        var lines = DataFolder.ReadLines(file);
        if (lines.Length <= number) throw new InputException(file, $"has {lines.Length} lines, one a fold", "Fetch the set again");
        return [.. lines[number].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(text =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < count ? index
            : throw new InputException(FormattableString.Invariant($"{file} line {number + 1}"), $"has the index '{(text.Length <= 20 ? text : text[..20])}', but there are {count} pictures (0 to {count - 1})", "Fetch the set again"))];
    }
}
