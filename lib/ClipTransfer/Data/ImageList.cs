using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Lists of pictures as <c>class/file</c>, one a line, as Food-101 and Describable Textures have them.</summary>
internal static class ImageList
{
    /// <summary>The pictures of a list with their classes; each must be there.</summary>
    /// <param name="list">The list's file.</param>
    /// <param name="images">The folder with one folder a class.</param>
    /// <param name="classes">The classes' folder names in label order.</param>
    /// <param name="extension">Added to each name, for example <c>.jpg</c>; empty where the list has it.</param>
    /// <exception cref="InputException">The list is missing or empty, or a line names an unknown class, an absent picture, or one a second time.</exception>
    public static List<(string File, int Label)> Read(string list, string images, IReadOnlyList<string> classes, string extension)
    {
        if (!Directory.Exists(images)) throw new InputException(images, "is missing", "Put the pictures there");
        var labels = classes.Select((name, label) => (name, label)).ToDictionary(c => c.name, c => c.label, StringComparer.Ordinal);
        var present = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        var found = new List<(string, int)>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var lines = DataFolder.ReadLines(list);
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0) continue;
            var where = FormattableString.Invariant($"{list} line {i + 1}");
            if (line.Split('/') is not [var name, { Length: > 0 } picture]) throw new InputException(where, $"expected 'class/picture', found '{Short(line)}'", "Put the original list back");
            if (!labels.TryGetValue(name, out var label)) throw new InputException(where, $"names the class '{Short(name)}', which is not one of the {classes.Count}", "Put the original list back");
            if (!seen.Add(line)) throw new InputException(where, $"names '{Short(line)}' a second time", "Put the original list back");
            if (!present.TryGetValue(name, out var files)) present[name] = files = FileNames(Path.Combine(images, name));
            var file = picture + extension;
            if (!files.Contains(file)) throw new InputException(where, $"names '{Short(line)}', which is not in {images}", "Put the picture back or take it off the list");
            found.Add((Path.Combine(images, name, file), label));
        }

        return found.Count > 0 ? found : throw new InputException(list, "names no picture", "Put the original list back");
    }

    /// <summary>The names of the files in a folder; none where there is no folder.</summary>
    public static HashSet<string> FileNames(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)!)] : [];

    private static string Short(string text)
    {
        var line = string.Concat(text.Take(61).Select(c => char.IsControl(c) ? ' ' : c));
        return line.Length <= 60 ? line : line[..60] + "…";
    }
}
