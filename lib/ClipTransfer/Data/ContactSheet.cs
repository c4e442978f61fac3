namespace ClipTransfer.Data;

/// <summary>A picture with the words under it, for a grid of pictures.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Label">The caption, or the class.</param>
/// <param name="Note">What else to say: the latent factors of a scene, the other captions of a photograph.</param>
public sealed record PictureTile(RgbImage Image, string Label, string? Note = null);

/// <summary>Samples of a source as tiles: what a reader looks at first.</summary>
public static class ContactSheet
{
    /// <summary>The first pairs with their captions; scenes also with their latent factors.</summary>
    public static IReadOnlyList<PictureTile> Of(IPairSource source, int count, int size = SceneOptions.DefaultSize) =>
        [.. Enumerable.Range(0, Math.Min(count, source.Count)).Select(i => new PictureTile(source.ReadImage(i, size), source.Captions(i)[0], Note(source, i)))];

    /// <summary>Labelled pictures, spread evenly over the source, with their classes.</summary>
    public static IReadOnlyList<PictureTile> Of(ILabelledSource source, int count, int size = SceneOptions.DefaultSize)
    {
        count = Math.Min(count, source.Count);
        return [.. Enumerable.Range(0, count).Select(i => (int)((long)i * source.Count / count))
            .Select(i => new PictureTile(source.ReadImage(i, size), source.ClassNames[source.Label(i)]))];
    }

    private static string? Note(IPairSource source, int image)
    {
        if (source is not ScenePairs scenes)
            return source.Captions(image).Count > 1 ? string.Join(" · ", source.Captions(image).Skip(1)) : null;
        var f = scenes.Factors(image);
        var c = scenes.CaptionFactors(image);
        var remarks = c.Remarks.Count > 0 ? $"“{string.Join("”, “", c.Remarks)}”" : "no remark";
        return $"shared: {SceneVocabulary.ClassName(f.Class)}; picture only: {f.Texture}, {f.Backdrop}, {f.Clutter.Count} bits of clutter; caption only: {remarks}".ToLowerInvariant();
    }
}
