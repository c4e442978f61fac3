using ClipTransfer.Data;
using ClipTransfer.Models.Weights;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Verbs;

/// <summary>Weights in <c>data list</c> and <c>data verify</c>.</summary>
internal static class DataWeights
{
    /// <summary>What stands before the names of weights on the command line.</summary>
    public const string Prefix = WeightsCatalog.Folder + "/";

    /// <summary>A line for each, with its licence.</summary>
    public static void List(string folder, TextWriter output)
    {
        foreach (var entry in WeightsCatalog.Entries)
        {
            var isHere = Found(entry, folder).Any();
            output.WriteLine($"{Prefix + entry.Name,-24} {(isHere ? "here" : "missing"),-8} {entry.Title}");
            output.WriteLine($"{"",-24} {"",-8} {entry.Licence}");
            output.WriteLine($"{"",-24} {"",-8} {(isHere ? WeightsCatalog.FolderOf(entry, folder) : $"`data get {Prefix}{entry.Name}` fetches it (home page: {entry.HomePage})")}");
        }
    }

    /// <summary>Checks the files of one entry, or of all that are found, by length and hash; a damaged one comes last.</summary>
    /// <exception cref="InputException">There is no such name, or the entry is not there.</exception>
    public static int Verify(string folder, string? name, TextWriter output)
    {
        var entries = name is null ? WeightsCatalog.Entries : [WeightsCatalog.Find(name[Prefix.Length..])];
        if (name is not null && !Found(entries[0], folder).Any())
            throw new InputException(WeightsCatalog.FolderOf(entries[0], folder), "is missing", $"`data get {name}` fetches it");
        var damaged = new List<string>();
        foreach (var (entry, source, path) in entries.SelectMany(e => Found(e, folder).Select(f => (e, f.Source, f.Path))))
        {
            try
            {
                var file = FileHashes.Check(path, new DownloadFile(source.Url, source.Bytes, source.Sha256));
                output.WriteLine($"{Prefix}{entry.Name}: {source.File} ok, {(file.Checked.Length > 0 ? $"checked by {file.Checked}" : $"sha256 {file.Sha256}, nothing published to check it by")}");
            }
            catch (InputException error)
            {
                damaged.Add($"{Prefix}{entry.Name}: damaged: {error.Message}");
            }
        }

        damaged.ForEach(output.WriteLine);
        return damaged.Count > 0 ? ExitCodes.Failure : ExitCodes.Success;
    }

    private static IEnumerable<(WeightsSource Source, string Path)> Found(WeightsEntry entry, string folder) =>
        entry.Files.Select(f => (f, Path.Combine(WeightsCatalog.FolderOf(entry, folder), f.File))).Where(f => File.Exists(f.Item2));
}
