namespace ClipTransfer.Tests.Data;

/// <summary>A folder of one test, gone afterwards.</summary>
internal sealed class FileTree : IDisposable
{
    public FileTree() => Directory.CreateDirectory(Root);

    public string Root { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"cliptransfer-test-{Guid.NewGuid():n}");

    public string Path(string relative)
    {
        var path = System.IO.Path.Combine(Root, relative);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        return path;
    }

    public string Write(string relative, byte[] bytes)
    {
        File.WriteAllBytes(Path(relative), bytes);
        return Path(relative);
    }

    public string Write(string relative, string text)
    {
        File.WriteAllBytes(Path(relative), System.Text.Encoding.UTF8.GetBytes(text)); // half a surrogate becomes the replacement character
        return Path(relative);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
