namespace ClipTransfer.Data;

/// <summary>The shape of the one thing in a scene: half of the shared feature z.</summary>
public enum SceneShape
{
    /// <summary>A disc.</summary>
    Circle,

    /// <summary>A square.</summary>
    Square,

    /// <summary>An equilateral triangle, a corner up.</summary>
    Triangle,

    /// <summary>A star of five points.</summary>
    Star,

    /// <summary>A plus of two bars.</summary>
    Cross,

    /// <summary>A heart.</summary>
    Heart,

    /// <summary>A thin moon.</summary>
    Crescent,

    /// <summary>An arrow, pointing up.</summary>
    Arrow,
}

/// <summary>The colour of the one thing in a scene: the other half of the shared feature z.</summary>
public enum SceneColour
{
    /// <summary>Red.</summary>
    Red,

    /// <summary>Orange.</summary>
    Orange,

    /// <summary>Yellow.</summary>
    Yellow,

    /// <summary>Green.</summary>
    Green,

    /// <summary>Blue.</summary>
    Blue,

    /// <summary>Purple.</summary>
    Purple,

    /// <summary>Pink.</summary>
    Pink,

    /// <summary>Black.</summary>
    Black,
}

/// <summary>The surface of the thing: image-only, unless <see cref="SceneOptions.TextureNamedRate"/> lets captions name it.</summary>
public enum SceneTexture
{
    /// <summary>One colour.</summary>
    Plain,

    /// <summary>Parallel bands.</summary>
    Striped,

    /// <summary>Dots.</summary>
    Dotted,

    /// <summary>A chessboard.</summary>
    Chequered,

    /// <summary>Rings around the centre.</summary>
    Ringed,

    /// <summary>Crossed thin lines.</summary>
    Netted,

    /// <summary>A rim around.</summary>
    Rimmed,

    /// <summary>A light and a dark half.</summary>
    Halved,
}

/// <summary>The pattern behind the thing: image-only. The first six are the familiar ones, the last four are kept for the shift set.</summary>
public enum SceneBackdrop
{
    /// <summary>One tone.</summary>
    Plain,

    /// <summary>From one tone to another.</summary>
    Gradient,

    /// <summary>Upright bands.</summary>
    Stripes,

    /// <summary>A chessboard.</summary>
    Checks,

    /// <summary>Dots.</summary>
    Dots,

    /// <summary>Slanted bands.</summary>
    Slopes,

    /// <summary>Rings around the centre (shift set only).</summary>
    Rings,

    /// <summary>Wavy bands (shift set only).</summary>
    Waves,

    /// <summary>A brick wall (shift set only).</summary>
    Bricks,

    /// <summary>Overlapping discs (shift set only).</summary>
    Patches,
}

/// <summary>How the thing is drawn: filled, or as an outline only (a shift set).</summary>
public enum SceneStyle
{
    /// <summary>Filled with its colour and texture.</summary>
    Filled,

    /// <summary>Its contour only.</summary>
    Outline,
}
