using ClipTransfer.Data;

namespace ClipTransfer.Evaluation;

/// <summary>One of the two encoders.</summary>
public enum Modality
{
    /// <summary>The image encoder g.</summary>
    Image,

    /// <summary>The text encoder h.</summary>
    Text,
}

/// <summary>What a factor is to the paper's data model x = T1(z, ξ), y = T2(z, ζ).</summary>
public enum FactorRole
{
    /// <summary>Part of z: picture and caption both tell it.</summary>
    Shared,

    /// <summary>Part of ξ or ζ: only the picture, or only the caption, has it.</summary>
    Unique,

    /// <summary>In the picture always, in the caption seldom.</summary>
    SeldomNamed,
}

/// <summary>A latent factor of a scene as classes, for probes: what of it survives in an encoder?</summary>
/// <param name="Name">As in results and tables.</param>
/// <param name="Of">The encoder whose input has it.</param>
/// <param name="Role">Shared or unique.</param>
/// <param name="Classes">K.</param>
/// <param name="Label">The class of a pair, by its number in the source; captions are the first.</param>
public sealed record SceneFactor(string Name, Modality Of, FactorRole Role, int Classes, Func<ScenePairs, int, int> Label)
{
    private const int Fields = 3;

    // Things stay within the picture, so that centres are uniform between r and 1 − r, r = 0.18 … 0.32: about a third of them lies on either side of these.
    private const double FirstCut = 5 / 12.0;
    private const double SecondCut = 7 / 12.0;

    /// <summary>
    /// Of a picture: shape, colour, texture, pattern and main tone of the backdrop, and the place of the thing (by its centre, in 3 × 3 fields). Of a caption: shape, colour,
    /// sentence pattern, topic of the first remark (or none), and whether the shape goes by its class name or a synonym. Which factors, and how places are cut, is a choice [?].
    /// </summary>
    /// <param name="options">What the scenes are: decides whether the texture is unique or seldom named.</param>
    public static IReadOnlyList<SceneFactor> All(SceneOptions options) =>
    [
        new("shape", Modality.Image, FactorRole.Shared, SceneVocabulary.Shapes, (pairs, i) => (int)pairs.Factors(i).Shape),
        new("colour", Modality.Image, FactorRole.Shared, SceneVocabulary.Colours, (pairs, i) => (int)pairs.Factors(i).Colour),
        new("texture", Modality.Image, options.TextureNamedRate > 0 ? FactorRole.SeldomNamed : FactorRole.Unique, SceneVocabulary.TextureWords.Count, (pairs, i) => (int)pairs.Factors(i).Texture),
        new("backdrop", Modality.Image, FactorRole.Unique, options.NewBackdrops ? (int)SceneBackdrop.Patches + 1 : SceneGenerator.FamiliarBackdrops, (pairs, i) => (int)pairs.Factors(i).Backdrop),
        new("tone", Modality.Image, FactorRole.Unique, ScenePalette.Tones, (pairs, i) => pairs.Factors(i).Tone),
        new("place", Modality.Image, FactorRole.Unique, Fields * Fields, (pairs, i) => pairs.Factors(i) is var f ? (Fields * Field(f.Y)) + Field(f.X) : 0),
        new("shape", Modality.Text, FactorRole.Shared, SceneVocabulary.Shapes, (pairs, i) => (int)pairs.Factors(i).Shape),
        new("colour", Modality.Text, FactorRole.Shared, SceneVocabulary.Colours, (pairs, i) => (int)pairs.Factors(i).Colour),
        new("wording", Modality.Text, FactorRole.Unique, SceneVocabulary.Wordings.Count, (pairs, i) => pairs.CaptionFactors(i).Wording),
        new("remark", Modality.Text, FactorRole.Unique, SceneVocabulary.Remarks.Count + 1, (pairs, i) => Topic(pairs.CaptionFactors(i))),
        new("synonym", Modality.Text, FactorRole.Unique, 2, (pairs, i) => pairs.CaptionFactors(i).ShapeWord == SceneVocabulary.ShapeWords[(int)pairs.Factors(i).Shape][0] ? 0 : 1),
    ];

    private static int Field(double place) => place < FirstCut ? 0 : place < SecondCut ? 1 : 2;

    // The last class is that of captions without a remark.
    private static int Topic(SceneCaption caption) => caption.Remarks.Count == 0
        ? SceneVocabulary.Remarks.Count
        : Enumerable.Range(0, SceneVocabulary.Remarks.Count).First(topic => SceneVocabulary.Remarks[topic].Contains(caption.Remarks[0]));
}
