using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>CIFAR-100 (Krizhevsky 2009) in its binary layout: 100 fine classes, 32 × 32.</summary>
public static class Cifar100
{
    private const string Set = "cifar100";
    private const string NamesFile = "fine_label_names.txt";
    private const int Classes = 100;

    /// <summary>The splits of the release.</summary>
    public static IReadOnlyList<string> Splits { get; } = ["train", "test"];

    /// <summary>Opens one split.</summary>
    /// <param name="dir">The data folder, the set's own, or its <c>cifar-100-binary</c>.</param>
    /// <param name="split"><c>train</c> (50,000) or <c>test</c> (10,000); files may hold fewer records.</param>
    /// <exception cref="InputException">A file is missing, cut inside a record, or holds a label out of range.</exception>
    public static CifarRecords Open(string dir, string split)
    {
        if (!Splits.Contains(split)) throw new InputException($"{Set}/{split}", "is not a split", $"Use one of {string.Join(", ", Splits)}");
        var entry = DatasetCatalog.Find(Set);
        var folder = DataFolder.Find(dir, entry, [NamesFile, "train.bin", "test.bin"]);
        var names = ClassNames.Read(Path.Combine(folder, NamesFile));
        if (names.Length != Classes) throw new InputException(Path.Combine(folder, NamesFile), $"names {names.Length} classes, CIFAR-100 has {Classes}", "Fetch the set again");
        return new CifarRecords($"{Set}/{split}", [Path.Combine(folder, split + ".bin")], [.. names.Select(ClassNames.Spoken)], entry.Templates, labelBytes: 2, entry.Splits[split]);
    }
}
