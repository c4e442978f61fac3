using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Kernel;

/// <summary>Where Jupyter looks for kernels, by its own rules for each system and its variables.</summary>
internal static class JupyterFolders
{
    /// <summary>The user's own: <c>$JUPYTER_DATA_DIR/kernels</c>, or the system's usual place.</summary>
    public static string User => Path.Combine(Environment.GetEnvironmentVariable("JUPYTER_DATA_DIR") is { Length: > 0 } named ? Path.GetFullPath(named) : UserData(), "kernels");

    /// <summary>Below a prefix, as <c>jupyter kernelspec install --prefix</c> does: <c>PREFIX/share/jupyter/kernels</c>.</summary>
    public static string Under(string prefix) => Path.Combine(Path.GetFullPath(prefix), "share", "jupyter", "kernels");

    /// <summary>All folders that a client looks into, the first find wins.</summary>
    public static IReadOnlyList<string> All()
    {
        var named = (Environment.GetEnvironmentVariable("JUPYTER_PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string?[] environments = [Environment.GetEnvironmentVariable("VIRTUAL_ENV"), Environment.GetEnvironmentVariable("CONDA_PREFIX")];
        string[] system = OperatingSystem.IsWindows()
            ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "jupyter", "kernels")]
            : ["/usr/local/share/jupyter/kernels", "/usr/share/jupyter/kernels"];
        return [.. named.Select(folder => Path.Combine(Path.GetFullPath(folder), "kernels")), User, .. environments.OfType<string>().Where(folder => folder.Length > 0).Select(Under), .. system];
    }

    private static string UserData()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (home.Length == 0) throw new InputException("HOME", "this user has no home folder", "Set JUPYTER_DATA_DIR, or give --prefix DIR");
        if (OperatingSystem.IsMacOS()) return Path.Combine(home, "Library", "Jupyter");
        if (OperatingSystem.IsWindows()) return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "jupyter");
        return Path.Combine(Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data ? data : Path.Combine(home, ".local", "share"), "jupyter");
    }
}
