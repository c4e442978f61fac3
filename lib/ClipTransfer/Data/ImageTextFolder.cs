using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Pairs as files side by side: <c>a.jpg</c> with its caption in <c>a.txt</c>, in one folder or in folders below it, as img2dataset and others write them.</summary>
public static class ImageTextFolder
{
    private const int LongestCaption = 1 << 16;

    /// <summary>Opens a folder; where there is no <c>a.txt</c>, <c>caption</c> in <c>a.json</c> counts.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The source's name; the folder's when null.</param>
    /// <exception cref="InputException">The folder is missing or holds no pair.</exception>
    public static CaptionedFiles Open(string folder, string? name = null) => Open(folder, name, _ => null);

    /// <summary>Opens a folder; <paramref name="byUrl"/> knows captions of pictures whose note names only where they came from.</summary>
    internal static CaptionedFiles Open(string folder, string? name, Func<string, string?> byUrl)
    {
        if (!Directory.Exists(folder)) throw new InputException(folder, "is missing", "Name a folder of pictures and captions");
        name ??= Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        var remarks = new RemarkList();
        var pairs = new List<(string, IReadOnlyList<string>)>();
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(ImageFolder.IsPicture).Order(StringComparer.Ordinal))
        {
            Interrupt.Token.ThrowIfCancellationRequested();
            if (Caption(file, byUrl) is not { } text || CaptionText.Clean(text, out var odd) is not { Length: > 0 } caption) remarks.Add("picture without a caption", () => Path.GetRelativePath(folder, file));
            else
            {
                if (odd) remarks.Add("caption with control characters", () => Path.GetRelativePath(folder, file));
                pairs.Add((file, [caption]));
            }
        }

        if (pairs.Count == 0) throw new InputException(folder, $"holds no picture with its caption beside it{remarks}", "Put a.txt beside a.jpg");
        return new CaptionedFiles(name, FormattableString.Invariant($"{name}: {pairs.Count} pairs in {Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}{remarks}"), pairs, remarks.ToList());
    }

    private static string? Caption(string picture, Func<string, string?> byUrl)
    {
        if (Read(Path.ChangeExtension(picture, ".txt")) is { } text) return CaptionText.Decode(text);
        if (Read(Path.ChangeExtension(picture, ".json")) is not { } note) return null;
        return CaptionJson.Text(note, "caption") is { Length: > 0 } caption ? caption : CaptionJson.Text(note, "url") is { } url ? byUrl(url) : null;
    }

    private static byte[]? Read(string file)
    {
        try
        {
            var info = new FileInfo(file);
            return info.Exists && info.Length <= LongestCaption ? File.ReadAllBytes(file) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DataFolder.Unreadable(file, error);
        }
    }
}
