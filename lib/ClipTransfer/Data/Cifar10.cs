using System.Globalization;
using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>CIFAR-10 (Krizhevsky 2009) in its binary layout: 10 classes, 32 × 32.</summary>
public static class Cifar10
{
    private const string Set = "cifar10";
    private const string NamesFile = "batches.meta.txt";

    /// <summary>The splits of the release.</summary>
    public static IReadOnlyList<string> Splits { get; } = ["train", "test"];

    /// <summary>Opens one split; of the train split, the batches that are there.</summary>
    /// <param name="dir">The data folder, the set's own, or its <c>cifar-10-batches-bin</c>.</param>
    /// <param name="split"><c>train</c> (50,000) or <c>test</c> (10,000); files may hold fewer records.</param>
    /// <exception cref="InputException">A file is missing, cut inside a record, or holds a label out of range.</exception>
    public static CifarRecords Open(string dir, string split)
    {
        if (!Splits.Contains(split)) throw new InputException($"{Set}/{split}", "is not a split", $"Use one of {string.Join(", ", Splits)}");
        var entry = DatasetCatalog.Find(Set);
        string[] wanted = split == "test" ? ["test_batch.bin"] : [.. Enumerable.Range(1, 5).Select(i => $"data_batch_{i.ToString(CultureInfo.InvariantCulture)}.bin")];
        var folder = DataFolder.Find(dir, entry, ["test_batch.bin", "data_batch_1.bin", NamesFile]);
        string[] files = [.. wanted.Select(f => Path.Combine(folder, f)).Where(File.Exists)];
        if (files.Length == 0) throw new InputException(Path.Combine(folder, wanted[0]), "is missing", "Fetch the set again or put the file back");
        return new CifarRecords($"{Set}/{split}", files, Names(folder, entry.ClassNames), entry.Templates, labelBytes: 1, entry.Splits[split]);
    }

    private static IReadOnlyList<string> Names(string folder, IReadOnlyList<string> known)
    {
        var file = Path.Combine(folder, NamesFile);
        if (!File.Exists(file)) return known;
        var names = ClassNames.Read(file);
        return names.Length == known.Count ? names : throw new InputException(file, $"names {names.Length} classes, CIFAR-10 has {known.Count}", "Fetch the set again");
    }
}
