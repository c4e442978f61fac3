using System.Globalization;

namespace ClipTransfer.Data;

/// <summary>Pictures by number, drawn or decoded on demand. Safe to read from several threads.</summary>
public interface IImageSource
{
    /// <summary>Short name, as in results: <c>scenes</c>, <c>flickr8k/train</c>.</summary>
    string Name { get; }

    /// <summary>One line for the reader: what it is, how many, from where.</summary>
    string Description { get; }

    /// <summary>How many pictures.</summary>
    int Count { get; }

    /// <summary>
    /// What identifies these pictures, byte for byte: settings and seed of generated ones, the files' names, sizes and times of read ones.
    /// Empty: the pictures are never cached on disk.
    /// </summary>
    string Fingerprint => "";

    /// <summary>Whether pictures are made, not read: making them again is cheap, so only large sets of them are cached on disk.</summary>
    bool IsGenerated => false;

    /// <summary>What the reader left out or mended while it opened the set; broken pictures show only when they are decoded.</summary>
    IReadOnlyList<SourceRemark> Remarks => [];

    /// <summary>The picture as a square: shorter side scaled to <paramref name="size"/>, then the centre cut out.</summary>
    /// <exception cref="Runtime.InputException">The file is broken: names it.</exception>
    RgbImage ReadImage(int image, int size);

    /// <summary>How a report names picture number <paramref name="image"/>: its file, or its number.</summary>
    string ImageName(int image) => image.ToString(CultureInfo.InvariantCulture);
}
