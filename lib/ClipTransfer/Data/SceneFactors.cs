namespace ClipTransfer.Data;

/// <summary>A small piece of clutter beside or behind the thing; sizes in parts of the picture's side.</summary>
/// <param name="X">Centre, from the left.</param>
/// <param name="Y">Centre, from the top.</param>
/// <param name="Radius">Half its length.</param>
/// <param name="Rotation">In degrees.</param>
/// <param name="Kind">0 dot, 1 dash, 2 small box.</param>
/// <param name="Colour">Any colour of the palette, whatever the thing's colour is.</param>
public readonly record struct SceneClutter(double X, double Y, double Radius, double Rotation, int Kind, SceneColour Colour);

/// <summary>The latent factors of one scene: the shared feature z = (shape, colour), and ξ, everything that only the picture shows.</summary>
/// <param name="Shape">Shared: the shape.</param>
/// <param name="Colour">Shared: the colour.</param>
/// <param name="Texture">Image-only: the thing's surface.</param>
/// <param name="Style">Filled or outline, the same for a whole set.</param>
/// <param name="Backdrop">Image-only: the pattern behind.</param>
/// <param name="Tone">Image-only: the backdrop's main tone, 0 … 7.</param>
/// <param name="Accent">Image-only: the backdrop's second tone, 0 … 7.</param>
/// <param name="Phase">Image-only: where the backdrop's pattern starts, 0 … 1.</param>
/// <param name="X">Image-only: the thing's centre from the left, in parts of the side.</param>
/// <param name="Y">Image-only: the thing's centre from the top, in parts of the side.</param>
/// <param name="Radius">Image-only: the thing's radius, in parts of the side.</param>
/// <param name="Rotation">Image-only: in degrees.</param>
/// <param name="Light">Image-only: brightness of the thing, 1 as in the palette.</param>
/// <param name="Clutter">Image-only: small pieces around.</param>
public sealed record SceneFactors(
    SceneShape Shape, SceneColour Colour, SceneTexture Texture, SceneStyle Style, SceneBackdrop Backdrop, int Tone, int Accent, double Phase,
    double X, double Y, double Radius, double Rotation, double Light, IReadOnlyList<SceneClutter> Clutter)
{
    /// <summary>The class of the shared feature: 8 × shape + colour, 0 … 63.</summary>
    public int Class => SceneVocabulary.ClassOf(Shape, Colour);
}
