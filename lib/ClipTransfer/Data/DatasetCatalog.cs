using System.Text.Json;
using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>The data sets of this project: what is known of them, which are here, and whether they are whole.</summary>
/// <remarks>
/// <c>data list</c> is <see cref="List"/>: one line a set, with its licence and, where it is missing, its home page. <c>data verify [NAME]</c> is
/// <see cref="Verify"/>: print every check; exit code 1 when one is <see cref="DatasetCheck.Damaged"/>, its line printed last.
/// </remarks>
public static class DatasetCatalog
{
    private static readonly Lazy<Document> _document = new(Read);

    private static readonly Dictionary<string, Func<string, string, IImageSource>> _readers = new(StringComparer.Ordinal)
    {
        ["cc3m"] = ConceptualCaptions.Open,
        ["coco"] = (dir, split) => CocoCaptions.Open(dir, split),
        ["flickr8k"] = Flickr8k.Open,
        ["flickr30k"] = Flickr30k.Open,
        ["cifar10"] = Cifar10.Open,
        ["cifar100"] = Cifar100.Open,
        ["stl10"] = (dir, split) => Stl10.Open(dir, split),
        ["flowers102"] = Flowers102.Open,
        ["pets"] = OxfordPets.Open,
        ["imagenetv2"] = (dir, split) => ImageNetV2.Open(dir, split),
        ["food101"] = Food101.Open,
        ["dtd"] = (dir, split) => DescribableTextures.Open(dir, split),
        ["imagenet-sample"] = (dir, split) => ImageNetSample.Open(dir, split),
    };

    /// <summary>All sets, in the order of <c>datasets.json</c>.</summary>
    public static IReadOnlyList<DatasetEntry> Sets => _document.Value.Entries;

    /// <summary>Named lists of prompt templates: <c>plain</c> (one), <c>cifar</c>, <c>food</c>, <c>dtd</c>, <c>stl</c>, <c>flowers</c>, <c>pets</c>, <c>imagenet80</c> (CLIP's 80).</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Templates => _document.Value.Templates;

    /// <summary>Where each list of templates was published.</summary>
    public static IReadOnlyDictionary<string, string> TemplateSources => _document.Value.TemplateSources;

    /// <summary>What is known of one set.</summary>
    /// <exception cref="InputException">No set has this name.</exception>
    public static DatasetEntry Find(string name) => Sets.FirstOrDefault(s => s.Name == name)
        ?? throw new InputException($"data set '{name}'", "is not known", $"Use one of {string.Join(", ", Sets.Select(s => s.Name))}");

    /// <summary>Opens a split of a set of pairs.</summary>
    /// <exception cref="InputException">The set is unknown, has no captions, is missing, or is damaged.</exception>
    public static IPairSource OpenPairs(string name, string dataFolder, string split) => Open(name, dataFolder, split) as IPairSource
        ?? throw new InputException($"data set '{name}'", "has labels, not captions", "Choose a set of pairs");

    /// <summary>Opens a split of a labelled set.</summary>
    /// <exception cref="InputException">The set is unknown, has no labels, is missing, or is damaged.</exception>
    public static ILabelledSource OpenLabelled(string name, string dataFolder, string split) => Open(name, dataFolder, split) as ILabelledSource
        ?? throw new InputException($"data set '{name}'", "has captions, not labels", "Choose a labelled set");

    /// <summary>Where a set lies below the data folder; null where it is not there.</summary>
    public static string? FolderOf(DatasetEntry entry, string dataFolder) =>
        entry.Folders.Select(f => Path.Combine(dataFolder, f)).FirstOrDefault(Directory.Exists);

    /// <summary>Every set, and where it lies.</summary>
    /// <param name="dataFolder">The data folder; null or empty when none was named.</param>
    public static IReadOnlyList<DatasetStatus> List(string? dataFolder) =>
        [.. Sets.Select(s => new DatasetStatus(s, string.IsNullOrEmpty(dataFolder) ? null : FolderOf(s, dataFolder)))];

    /// <summary>Checks structure, records and counts of one set, or of every set that is found.</summary>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="name">One set; null for all that are here.</param>
    /// <param name="decode">Whether every picture is decoded too, which takes as long as preparing a training.</param>
    /// <exception cref="InputException">The folder does not exist, the name is unknown, or the named set is not there.</exception>
    public static IReadOnlyList<DatasetCheck> Verify(string dataFolder, string? name = null, bool decode = false)
    {
        if (!Directory.Exists(dataFolder)) throw new InputException(Path.GetFullPath(dataFolder), "is no folder", "Name the folder that holds the data sets with --data");
        if (name is null) return [.. Sets.Where(s => FolderOf(s, dataFolder) is not null || KeptArchives(s, dataFolder).Any()).Select(s => Check(s, dataFolder, decode))];
        var entry = Find(name);
        var check = Check(entry, dataFolder, decode);
        if (check.Folder is null && check.Archives.Count > 0) return [check];
        // The folder may be the set's own; where it is neither, the set is absent, not damaged.
        if (check.Folder is not null) return [check];
        return check.Splits.Any(s => s.Count > 0)
            ? [check with { Folder = Path.GetFullPath(dataFolder) }]
            : throw check.Damage ?? new InputException(Path.GetFullPath(dataFolder), $"holds no {entry.Title}", $"See {entry.HomePage}, and put it into {entry.Folders[0]}");
    }

    private static IImageSource Open(string name, string dataFolder, string split) => _readers[Find(name).Name](dataFolder, split);

    /// <summary>Checks one set below the data folder.</summary>
    internal static DatasetCheck Check(DatasetEntry entry, string dataFolder, bool decode, bool archives = true)
    {
        var splits = new List<SplitCheck>();
        var broken = new List<BrokenImage>();
        InputException? damage = null;
        InputException? absent = null;
        foreach (var (split, release) in entry.Splits)
        {
            try
            {
                var source = Open(entry.Name, dataFolder, split);
                splits.Add(new SplitCheck(split, source.Count, release));
                if (decode) broken.AddRange(Broken(source));
            }
            catch (InputException error) when (error.What == "is missing")
            {
                absent ??= error;
                splits.Add(new SplitCheck(split, 0, release));
            }
            catch (InputException error)
            {
                damage ??= error;
            }
        }

        // One split may be absent; a folder with none of them is damaged.
        var folder = FolderOf(entry, dataFolder);
        var kept = archives ? CheckArchives(entry, dataFolder, ref damage, folder is null) : [];
        if (splits.All(s => s.Count == 0) && (folder is not null || kept.Count == 0)) damage ??= absent;
        return new DatasetCheck(entry.Name, folder, splits, broken, damage) { Archives = kept };
    }

    /// <summary>The hashes of archives that were kept.</summary>
    private static List<string> CheckArchives(DatasetEntry entry, string dataFolder, ref InputException? damage, bool noFolder)
    {
        var good = new List<string>();
        foreach (var (archive, file) in KeptArchives(entry, dataFolder))
        {
            try
            {
                FileHashes.Check(file, archive.File);
                good.Add(archive.File.FileName);
            }
            catch (InputException error)
            {
                // Without a folder the readers' complaint is only that there is none.
                damage = noFolder || damage is null ? error : damage;
                noFolder = false;
            }
        }

        if (noFolder && good.Count > 0) damage = null;
        return good;
    }

    private static IEnumerable<(DatasetArchive Archive, string File)> KeptArchives(DatasetEntry entry, string dataFolder) =>
        entry.Archives.Select(a => (a, Path.Combine(DatasetInstallation.DownloadsOf(entry, dataFolder), a.File.FileName))).Where(a => File.Exists(a.Item2));

    private static List<BrokenImage> Broken(IImageSource source)
    {
        var broken = new List<BrokenImage>();
        Parallel.For(0, source.Count, new ParallelOptions { CancellationToken = Interrupt.Token }, image =>
        {
            try
            {
                source.ReadImage(image, 32);
            }
            catch (InputException error)
            {
                lock (broken) broken.Add(new BrokenImage(image, error.Where, error.What));
            }
        });
        return [.. broken.OrderBy(b => b.Image)];
    }

    private static Document Read()
    {
        using var stream = typeof(DatasetCatalog).Assembly.GetManifestResourceStream("datasets.json")!;
        var file = JsonSerializer.Deserialize<JsonFile>(stream, JsonSerializerOptions.Web)!;
        return new Document(
            file.Templates,
            file.TemplateSources,
            [.. file.Sets.Select(s => new DatasetEntry(
                s.Name, s.Title, s.Kind, s.HomePage, s.Licence, s.Citation, s.Layout, s.Folders, s.Splits, s.Archives, s.ClassNames,
                s.Templates.Length > 0 ? file.Templates[s.Templates] : []))]);
    }

    private sealed record Document(IReadOnlyDictionary<string, IReadOnlyList<string>> Templates, IReadOnlyDictionary<string, string> TemplateSources, IReadOnlyList<DatasetEntry> Entries);

    private sealed record JsonFile(Dictionary<string, IReadOnlyList<string>> Templates, Dictionary<string, string> TemplateSources, List<JsonSet> Sets);

    private sealed record JsonSet(
        string Name, string Title, string Kind, string HomePage, string Licence, string Citation, string Layout, List<string> Folders,
        Dictionary<string, int> Splits, List<DatasetArchive> Archives, List<string> ClassNames, string Templates);
}
