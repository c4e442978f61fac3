using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks;

/// <summary>The folders of a clone.</summary>
/// <param name="Root">The repository's root.</param>
public sealed record Repository(string Root)
{
    private const string Marker = "ClipTransfer.slnx";

    /// <summary>Where the notebooks are.</summary>
    public string Notebooks => Path.Combine(Root, "notebooks");

    /// <summary>Where runs write unless told otherwise; not in git.</summary>
    public string LocalResults => Path.Combine(Root, "results", "local");

    /// <summary>Published results; in git.</summary>
    public string Results => Path.Combine(Root, "results");

    /// <summary>Where <c>setup</c> puts this library's packages for other engines.</summary>
    public string Feed => Path.Combine(Root, "lib", "feed");

    /// <summary>Finds the repository: the given folder, else upwards from the current folder and from the program.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static Repository Find(string? root)
    {
        if (root is not null) return new Repository(Path.GetFullPath(root));
        foreach (var start in new[] { Directory.GetCurrentDirectory(), AppContext.BaseDirectory })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, Marker))) return new Repository(folder.FullName);
            }
        }

        throw new InputException(Directory.GetCurrentDirectory(), "is not inside a clone of ClipTransfer", "Change into the clone and try again");
    }

    /// <summary>All notebooks, in reading order.</summary>
    public IReadOnlyList<string> FindNotebooks() =>
        Directory.Exists(Notebooks)
            ? [.. Directory.EnumerateFiles(Notebooks, "*.ipynb").Where(file => !Path.GetFileName(file).StartsWith('.')).Order(StringComparer.Ordinal)]
            : [];

    /// <summary>The notebooks of these numbers or names; all if none is given.</summary>
    /// <param name="only">For example <c>01</c>, <c>1</c> or a whole file name.</param>
    /// <exception cref="InputException">A number or name belongs to no notebook: says which there are.</exception>
    public IReadOnlyList<string> Select(IReadOnlyList<string> only)
    {
        var all = FindNotebooks();
        if (all.Count == 0) throw new InputException(Notebooks, "holds no notebooks", "Check the clone");
        foreach (var wanted in only)
        {
            if (!all.Any(file => Matches(file, wanted)))
                throw new InputException($"--only {wanted}", "there is no such notebook", $"There are {string.Join(", ", all.Select(Number).Order(StringComparer.Ordinal))}");
        }

        return only.Count == 0 ? all : [.. all.Where(file => only.Any(wanted => Matches(file, wanted)))];
    }

    /// <summary>A notebook's number, or its whole name if it has none.</summary>
    public static string Number(string notebook)
    {
        var name = Path.GetFileNameWithoutExtension(notebook);
        var number = name.Split('-')[0];
        return number.Length > 0 && number.All(char.IsAsciiDigit) ? number : name;
    }

    private static bool Matches(string notebook, string wanted)
    {
        var number = Number(notebook);
        return wanted.Equals(number, StringComparison.OrdinalIgnoreCase)
            || (wanted.Length > 0 && wanted.All(char.IsAsciiDigit) && wanted.TrimStart('0') == number.TrimStart('0'))
            || wanted.Equals(Path.GetFileName(notebook), StringComparison.OrdinalIgnoreCase)
            || wanted.Equals(Path.GetFileNameWithoutExtension(notebook), StringComparison.OrdinalIgnoreCase);
    }
}
