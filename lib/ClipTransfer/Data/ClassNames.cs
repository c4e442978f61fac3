using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Class names as files spell them, and as a caption would.</summary>
internal static class ClassNames
{
    /// <summary>The names in a file, one a line; empty lines do not count.</summary>
    /// <exception cref="InputException">The file is missing, names nothing, or names a class twice.</exception>
    public static string[] Read(string file)
    {
        string[] names = [.. DataFolder.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)];
        if (names.Length == 0) throw new InputException(file, "names no class", "Put the original file back");
        var twice = names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        return twice is null ? names : throw new InputException(file, $"names '{twice.Key}' twice", "Put the original file back");
    }

    /// <summary><c>apple_pie</c> and <c>polka-dotted</c> as words: underscores become spaces, other signs stay.</summary>
    public static string Spoken(string name) => name.Replace('_', ' ');
}
