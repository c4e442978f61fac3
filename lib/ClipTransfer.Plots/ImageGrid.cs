using System.Runtime.InteropServices;
using System.Text;
using ClipTransfer.Data;
using SkiaSharp;

namespace ClipTransfer.Plots;

/// <summary>Pictures with their labels, in rows.</summary>
[TypeFormatterSource(typeof(HtmlFormatterSource))]
public sealed class ImageGrid : IHtml
{
    private readonly IReadOnlyList<ImageTile> _tiles;
    private readonly int _columns;

    /// <summary>Lays out pictures.</summary>
    /// <param name="tiles">The pictures, row by row.</param>
    /// <param name="columns">Pictures in a row on a wide page; a narrow one holds fewer.</param>
    /// <param name="title">The title.</param>
    /// <param name="caption">What the reader is to see in them.</param>
    public ImageGrid(IReadOnlyList<ImageTile> tiles, int columns, string title, string caption)
    {
        ArgumentNullException.ThrowIfNull(tiles);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        foreach (var tile in tiles)
        {
            var image = tile.Image;
            if (image.Width < 1 || image.Height < 1 || image.Pixels?.Length != image.Width * image.Height * 3)
            {
                throw new ArgumentException($"Image '{tile.Label}': {image.Width} x {image.Height} pixels need {image.Width * image.Height * 3} bytes, there are {image.Pixels?.Length ?? 0}.");
            }
        }

        (_tiles, _columns, Title, Caption) = (tiles, columns, title, caption);
    }

    /// <summary>The title.</summary>
    public string Title { get; }

    /// <summary>What the reader is to see in them.</summary>
    public string Caption { get; }

    /// <inheritdoc/>
    public string ToHtml()
    {
        var html = new StringBuilder(PageAssets.Style());
        html.Append("<figure class=\"ct-grid\">");
        html.Append($"<div class=\"ct-title\">{Markup.Text(Title)}</div>");
        var smallest = _columns switch { <= 4 => "7.5em", <= 6 => "5.6em", <= 8 => "4.6em", _ => "3.4em" };
        html.Append($"<div class=\"ct-tiles\" style=\"grid-template-columns:repeat(auto-fill,minmax(max({smallest},calc((100% - {_columns - 1} * .7em) / {_columns} - .1px)),1fr))\">");
        foreach (var tile in _tiles)
        {
            html.Append($"<div class=\"ct-tile\"><img{(tile.Image.Width <= 64 ? " class=\"ct-small\"" : "")} width=\"{tile.Image.Width}\" height=\"{tile.Image.Height}\" alt=\"{Markup.Text(tile.Label)}\" src=\"data:image/png;base64,{Convert.ToBase64String(Png(tile.Image))}\">");
            html.Append($"<span class=\"ct-label\">{Markup.Text(tile.Label)}</span>");
            if (!string.IsNullOrEmpty(tile.Note)) html.Append($"<span class=\"ct-tile-note\">{Markup.Text(tile.Note)}</span>");
            html.Append("</div>");
        }

        html.Append($"</div><figcaption>{Markup.Text(Caption)}</figcaption></figure>");
        return html.ToString();
    }

    /// <summary>The title and the caption.</summary>
    public override string ToString() => $"{Title}: {Caption}";

    /// <summary>A picture as PNG.</summary>
    internal static byte[] Png(RgbImage image)
    {
        var rgba = new byte[image.Width * image.Height * 4];
        for (int from = 0, to = 0; to < rgba.Length; from += 3, to += 4)
        {
            image.Pixels.AsSpan(from, 3).CopyTo(rgba.AsSpan(to));
            rgba[to + 3] = 255;
        }

        using var bitmap = new SKBitmap(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Marshal.Copy(rgba, 0, bitmap.GetPixels(), rgba.Length);
        using var encoded = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return encoded.ToArray();
    }
}
