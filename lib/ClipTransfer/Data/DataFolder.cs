using System.Security;
using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Finds a set below the data folder, or takes the data folder for the set itself.</summary>
internal static class DataFolder
{
    /// <summary>The set's folder: <paramref name="dir"/> itself, or one of the entry's folders below it, whichever first holds a marker file or folder.</summary>
    /// <exception cref="InputException">None does: says where was looked and for what.</exception>
    public static string Find(string dir, DatasetEntry entry, IReadOnlyList<string> markers) =>
        entry.Folders.Prepend("").Select(f => Path.Combine(dir, f)).FirstOrDefault(folder => markers.Any(m => Path.Exists(Path.Combine(folder, m))))
        ?? throw new InputException(
            Path.GetFullPath(dir), $"holds no {entry.Title}: neither it nor its {string.Join(" or ", entry.Folders)} has {string.Join(" or ", markers)}",
            "Put the set there in its own layout (`data list` says where it comes from), or name its folder");

    /// <summary>The lines of a small text file; the last may lack its line end.</summary>
    public static string[] ReadLines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or SecurityException)
        {
            throw Unreadable(file, error);
        }
    }

    /// <summary>A file that should be there and readable is not.</summary>
    public static InputException Unreadable(string file, Exception error) => new(
        file, error is FileNotFoundException or DirectoryNotFoundException ? "is missing" : $"cannot be read ({error.Message.TrimEnd('.')})",
        "Fetch the set again or put the file back", error);
}
