using System.Text.Json;
using System.Text.Json.Serialization;
using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Splits and captions as Karpathy and Li (2015) published them for several sets: <c>dataset_flickr30k.json</c> and its like.</summary>
internal static class KarpathySplit
{
    /// <summary>The pictures of one split with their captions, in the file's order.</summary>
    /// <param name="file">The JSON file.</param>
    /// <param name="split">Its word for the split; null for all.</param>
    /// <exception cref="InputException">The file is missing or has another form.</exception>
    public static List<(string Name, string Where, IReadOnlyList<string> Captions)> Read(string file, string? split)
    {
        try
        {
            using var stream = File.OpenRead(file);
            var document = JsonSerializer.Deserialize<Document>(stream) ?? throw new InputException(file, "holds nothing", "Put the original file back");
            return [.. document.Images.Select((image, i) => (image, $"{file} images[{i}]"))
                .Select(i => i.image?.Sentences is null || i.image.Sentences.Contains(null) || i.image.FileName is null ? throw new InputException(i.Item2, "lacks its name or sentences", "Put the original file back") : i)
                .Where(i => split is null || i.image!.Split == split || (split == "train" && i.image!.Split == "restval"))
                .Select(i => (i.image!.FileName, i.Item2, (IReadOnlyList<string>)[.. i.image.Sentences.Select(s => s!.Raw ?? "")]))];
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new InputException(file, $"is no file of Karpathy's splits ({error.Message.ReplaceLineEndings(" ").TrimEnd('.')})", "Put the original file back", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DataFolder.Unreadable(file, error);
        }
    }

    private sealed record Document([property: JsonPropertyName("images"), JsonRequired] List<Image?> Images);

    private sealed record Image(
        [property: JsonPropertyName("filename"), JsonRequired] string FileName, [property: JsonPropertyName("split"), JsonRequired] string Split,
        [property: JsonPropertyName("sentences"), JsonRequired] List<Sentence?> Sentences);

    private sealed record Sentence([property: JsonPropertyName("raw"), JsonRequired] string Raw);
}
