namespace ClipTransfer.Data;

/// <summary>What is out of the ordinary about a picture that could be read all the same.</summary>
[Flags]
public enum PictureTraits
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It has no colours: three equal planes are made of its one.</summary>
    Grayscale = 1,

    /// <summary>It is made for print (four inks) and became RGB.</summary>
    Cmyk = 2,

    /// <summary>It has a palette and became RGB.</summary>
    Palette = 4,

    /// <summary>Its camera noted that it lies on a side or is mirrored, and it was put upright.</summary>
    Turned = 8,

    /// <summary>It moves, and its first frame counts.</summary>
    Animated = 16,

    /// <summary>It is transparent in places, and was laid over white.</summary>
    Transparent = 32,

    /// <summary>A side has one pixel.</summary>
    OnePixel = 64,

    /// <summary>Its shorter side is smaller than the side wanted, and it was enlarged.</summary>
    Small = 128,

    /// <summary>Its longer side is more than four times the shorter: most of it is cut off.</summary>
    Narrow = 256,
}
