using System.Text.Json;
using System.Text.Json.Serialization;
using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>MSCOCO 2014 captions (Lin et al. 2014; Chen et al. 2015) in its own layout: 82,783 training photographs with five captions and more.</summary>
/// <remarks>The paper holds out a random fifth of the training photographs [R]; which ones is not said, so the seed is ours [?].</remarks>
public static class CocoCaptions
{
    private const string Set = "coco";

    /// <summary>The seed of the held-out fifth unless another is named.</summary>
    public const long DefaultSeed = 2014;

    /// <summary><c>train</c> and <c>held-out</c> divide the release's training photographs; <c>all</c> is both; <c>val2014</c> is the release's own validation set.</summary>
    public static IReadOnlyList<string> Splits { get; } = ["train", "held-out", "all", "val2014"];

    /// <summary>Opens one split.</summary>
    /// <param name="dir">The data folder, or the set's own.</param>
    /// <param name="split">One of <see cref="Splits"/>.</param>
    /// <param name="seed">Decides which fifth is held out.</param>
    /// <exception cref="InputException">A file is missing or damaged, or a caption names an unknown photograph, or a photograph is absent.</exception>
    public static CaptionedFiles Open(string dir, string split, long seed = DefaultSeed)
    {
        if (!Splits.Contains(split)) throw new InputException($"{Set}/{split}", "is not a split", $"Use one of {string.Join(", ", Splits)}");
        var entry = DatasetCatalog.Find(Set);
        var part = split == "val2014" ? "val2014" : "train2014";
        string[] places = [$"annotations/captions_{part}.json", $"captions_{part}.json"];
        var folder = DataFolder.Find(dir, entry, ["annotations/captions_train2014.json", "annotations/captions_val2014.json", "captions_train2014.json", "captions_val2014.json"]);
        var file = places.Select(f => Path.Combine(folder, f)).FirstOrDefault(File.Exists) ?? throw new InputException(Path.Combine(folder, places[0]), "is missing", "Put the captions there");
        var pictures = new[] { part, $"images/{part}", "images" }.Select(f => Path.Combine(folder, f)).FirstOrDefault(Directory.Exists)
            ?? throw new InputException(Path.Combine(folder, part), "is missing", "Put the photographs there");
        var remarks = new RemarkList();
        var all = Read(file, pictures, remarks);
        var chosen = Choose(all.Count, split, seed).Select(i => all[i]).ToList();
        if (chosen.Count == 0) throw new InputException(file, $"has no photograph for the split {split}", "Fetch the set again");
        var name = seed == DefaultSeed || split is "all" or "val2014" ? $"{Set}/{split}" : FormattableString.Invariant($"{Set}/{split}/seed{seed}");
        var captions = chosen.Sum(p => (long)p.Captions.Count);
        var subset = entry.Splits.TryGetValue(split, out var release) && chosen.Count < release ? FormattableString.Invariant($" (subset {chosen.Count} of {release})") : "";
        return new CaptionedFiles(name, FormattableString.Invariant($"{entry.Title} {split}: {chosen.Count} photographs{subset}, {captions} captions{remarks}"), chosen, remarks.ToList());
    }

    /// <summary>The numbers of a split's photographs, ascending. A fifth, rounded to the nearest, is held out.</summary>
    internal static IEnumerable<int> Choose(int count, string split, long seed)
    {
        if (split is "all" or "val2014") return Enumerable.Range(0, count);
        var held = (int)Math.Round(count / 5.0, MidpointRounding.AwayFromZero);
        var order = ItemRandom.Of(ItemRandom.Key(seed, "coco held-out fifth"), 0, 0).Permutation(count);
        return split == "held-out" ? order.Take(held).Order() : order.Skip(held).Order();
    }

    /// <summary>Photographs with their captions, in the order of the file's images.</summary>
    internal static List<(string File, IReadOnlyList<string> Captions)> Read(string file, string pictures, RemarkList remarks)
    {
        var document = Parse(file);
        var images = new Dictionary<long, int>();
        var found = new List<(string File, IReadOnlyList<string> Captions)>();
        var present = ImageList.FileNames(pictures);
        for (var i = 0; i < document.Images.Count; i++)
        {
            var image = document.Images[i];
            if (image is null) throw new InputException($"{file} images[{i}]", "is null", "Put the original file back");
            if (!present.Contains(image.FileName))
                throw new InputException($"{file} images[{i}]", $"names '{CaptionText.Shown(image.FileName)}', which is not in {pictures}", "Put the photograph back or take it out of the file");
            if (!images.TryAdd(image.Id, found.Count)) throw new InputException($"{file} images[{i}]", $"has the id {image.Id} a second time", "Put the original file back");
            found.Add((Path.Combine(pictures, image.FileName), new List<string>()));
        }

        for (var i = 0; i < document.Annotations.Count; i++)
        {
            var annotation = document.Annotations[i];
            if (annotation is null || !images.TryGetValue(annotation.ImageId, out var image))
                throw new InputException($"{file} annotations[{i}]", $"is of the image {annotation?.ImageId}, which the file does not name", "Put the original file back");
            var caption = CaptionText.Clean(annotation.Caption, out var odd);
            var place = i;
            if (odd) remarks.Add("caption with control characters", () => $"annotations[{place}]");
            if (caption.Length == 0) remarks.Add("empty caption", () => $"annotations[{place}]");
            else ((List<string>)found[image].Captions).Add(caption);
        }

        foreach (var (picture, _) in found.Where(p => p.Captions.Count == 0)) remarks.Add("picture without a caption", () => Path.GetFileName(picture));
        found.RemoveAll(p => p.Captions.Count == 0);
        return found;
    }

    private static Document Parse(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            return JsonSerializer.Deserialize<Document>(stream) ?? throw new InputException(file, "holds nothing", "Put the original file back");
        }
        catch (JsonException error)
        {
            throw new InputException(error.LineNumber is { } line ? FormattableString.Invariant($"{file} line {line + 1}") : file, $"is no COCO captions file ({error.Message.ReplaceLineEndings(" ").TrimEnd('.')})", "Put the original file back", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DataFolder.Unreadable(file, error);
        }
        catch (InvalidOperationException error) // half a surrogate in a string
        {
            throw new InputException(file, $"is no COCO captions file ({error.Message.TrimEnd('.')})", "Put the original file back", error);
        }
    }

    private sealed record Document(
        [property: JsonPropertyName("images"), JsonRequired] List<Image?> Images, [property: JsonPropertyName("annotations"), JsonRequired] List<Annotation?> Annotations);

    private sealed record Image([property: JsonPropertyName("id"), JsonRequired] long Id, [property: JsonPropertyName("file_name"), JsonRequired] string FileName);

    private sealed record Annotation([property: JsonPropertyName("image_id"), JsonRequired] long ImageId, [property: JsonPropertyName("caption"), JsonRequired] string Caption);
}
