using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Any labelled set that has one folder a class.</summary>
public static class ImageFolder
{
    private static readonly HashSet<string> _extensions = new([".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Opens a folder whose folders are the classes, in ordinal order of their names; underscores in names are spaces in prompts.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The source's name; the folder's when null.</param>
    /// <param name="templates">Prompt templates; the single plain one when null.</param>
    /// <exception cref="InputException">The folder is missing or holds no class with pictures.</exception>
    public static LabelledFiles Open(string folder, string? name = null, IReadOnlyList<string>? templates = null)
    {
        if (!Directory.Exists(folder)) throw new InputException(folder, "is missing", "Name a folder that holds one folder a class");
        string[] classes = [.. Directory.EnumerateDirectories(folder).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];
        var images = classes.SelectMany((c, label) => Pictures(Path.Combine(folder, c)).Select(f => (f, label))).ToList();
        if (images.Count == 0) throw new InputException(folder, "holds no folder with pictures", "Name a folder that holds one folder a class");
        name ??= Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        return new LabelledFiles(
            name, FormattableString.Invariant($"{name}: {images.Count} pictures, {classes.Length} classes in {Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}"),
            [.. classes.Select(ClassNames.Spoken)], templates ?? DatasetCatalog.Templates["plain"], images);
    }

    /// <summary>Whether a file's name is one of a picture that can be read.</summary>
    internal static bool IsPicture(string file) => _extensions.Contains(Path.GetExtension(file));

    /// <summary>The pictures in a folder, in ordinal order of their names.</summary>
    internal static IEnumerable<string> Pictures(string folder) => Directory.EnumerateFiles(folder).Where(IsPicture).Order(StringComparer.Ordinal);

    /// <summary>Drops the classes without pictures and numbers the others anew.</summary>
    internal static (string[] Classes, List<(string File, int Label)> Images) PresentOnly(string[] classes, List<(string File, int Label)> images)
    {
        int[] present = [.. images.Select(i => i.Label).Distinct().Order()];
        return ([.. present.Select(label => classes[label])], [.. images.Select(i => (i.File, Array.IndexOf(present, i.Label)))]);
    }
}
