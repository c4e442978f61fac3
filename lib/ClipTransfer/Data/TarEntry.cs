namespace ClipTransfer.Data;

/// <summary>What an entry of a tar file is.</summary>
internal enum TarEntryKind
{
    /// <summary>A file.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic or hard link.</summary>
    Link,

    /// <summary>A device, a pipe, or of a kind that is not known.</summary>
    Other,
}

/// <summary>One entry of a tar file.</summary>
/// <param name="Name">Its path as written.</param>
/// <param name="Kind">What it is.</param>
/// <param name="HeaderAt">Where its first header starts, from the start of the archive.</param>
/// <param name="DataAt">Where its bytes start.</param>
/// <param name="Length">How many bytes it has.</param>
internal readonly record struct TarEntry(string Name, TarEntryKind Kind, long HeaderAt, long DataAt, long Length);
