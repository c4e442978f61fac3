namespace ClipTransfer.Data;

/// <summary>One caption of a scene and ζ, what only the caption holds: the wording, synonyms, and remarks on nothing in the picture.</summary>
/// <param name="Text">The caption.</param>
/// <param name="Wording">The sentence pattern, an index into <see cref="SceneVocabulary.Wordings"/>.</param>
/// <param name="ShapeWord">The word used for the shape.</param>
/// <param name="ColourWord">The word used for the colour.</param>
/// <param name="TextureWord">The word for the texture, where the caption names it.</param>
/// <param name="Remarks">Words about weather, time, mood and other things that no picture shows.</param>
/// <param name="RemarkFirst">Whether the remarks come before the sentence.</param>
public sealed record SceneCaption(
    string Text, int Wording, string ShapeWord, string ColourWord, string? TextureWord, IReadOnlyList<string> Remarks, bool RemarkFirst);
