using SkiaSharp;

namespace ClipTransfer.Data;

/// <summary>The colours of scenes: strong ones for things and clutter, pale muted ones for backdrops, so that a thing always stands out.</summary>
internal static class ScenePalette
{
    /// <summary>How many backdrop tones there are.</summary>
    public const int Tones = 8;

    private static readonly SKColor[] _things =
    [
        new(0xD6, 0x1F, 0x26), new(0xF5, 0x82, 0x1E), new(0xF0, 0xCF, 0x14), new(0x1E, 0x9A, 0x3C),
        new(0x1F, 0x55, 0xD0), new(0x7B, 0x2D, 0xA8), new(0xF4, 0x62, 0xB4), new(0x1A, 0x1A, 0x1E),
    ];

    private static readonly SKColor[] _tones =
    [
        new(0xE8, 0xE4, 0xDC), new(0xCF, 0xD8, 0xDC), new(0xD9, 0xE3, 0xCF), new(0xE6, 0xD5, 0xD0),
        new(0xD4, 0xCF, 0xE2), new(0xF5, 0xF5, 0xF5), new(0xC2, 0xC2, 0xBC), new(0xCC, 0xE3, 0xDE),
    ];

    /// <summary>A thing's colour under a light.</summary>
    public static SKColor Thing(SceneColour colour, double light)
    {
        var c = _things[(int)colour];
        return new SKColor(Scaled(c.Red, light), Scaled(c.Green, light), Scaled(c.Blue, light));
    }

    /// <summary>A backdrop's tone.</summary>
    public static SKColor Tone(int tone) => _tones[tone];

    /// <summary>The second colour of a texture: the same hue, lighter where it is dark and darker where it is light.</summary>
    public static SKColor Contrast(SKColor c)
    {
        var luminance = ((2 * c.Red) + (5 * c.Green) + c.Blue) / 8;
        return luminance < 110 ? Toward(c, 255, 0.45) : Toward(c, 0, 0.34);
    }

    private static SKColor Toward(SKColor c, int end, double part) =>
        new(Blend(c.Red, end, part), Blend(c.Green, end, part), Blend(c.Blue, end, part));

    private static byte Blend(byte from, int to, double part) => (byte)Math.Round(from + ((to - from) * part));

    private static byte Scaled(byte value, double light) => (byte)Math.Clamp(Math.Round(value * light), 0, 255);
}
