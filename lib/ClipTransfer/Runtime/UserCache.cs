namespace ClipTransfer.Runtime;

/// <summary>Where this project keeps what can be made again: decoded pictures, restored packages, the patched native library.</summary>
public static class UserCache
{
    /// <summary>A part of the user's cache: <c>$XDG_CACHE_HOME/cliptransfer/PART</c>, or the system's usual place. The folder may not exist yet.</summary>
    /// <param name="part">What is kept there, for example <c>pixels</c>.</param>
    public static string Folder(string part)
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } named
            ? named
            : OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()
                ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(cache.Length > 0 ? cache : Path.GetTempPath(), "cliptransfer", part);
    }
}
