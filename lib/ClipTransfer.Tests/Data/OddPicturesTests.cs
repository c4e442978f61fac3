using System.Text.Json;
using ClipTransfer.Data;
using SkiaSharp;

namespace ClipTransfer.Tests.Data;

/// <summary>Every odd picture that a set from the web has, in one folder, through cache and report.</summary>
public sealed class OddPicturesTests : IDisposable
{
    private readonly FileTree _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Odd_pictures_and_captions_are_handled_counted_and_named_in_the_report()
    {
        var jpeg = Pictures.Halves(40, 40, SKColors.Red, SKColors.Blue);
        Add("plain.jpg", jpeg, "fine");
        Add("gray.jpg", Pictures.Halves(40, 40, SKColors.White, SKColors.Black, type: SKColorType.Gray8), "gray");
        Add("ink.jpg", Pictures.FlatCmyk(0, 255, 255, 255), "four inks");
        Add("turned.jpg", Pictures.WithOrientation(jpeg, 6), "turned");
        Add("moving.gif", Gif(2, 2, [[0, 1, 1, 0], [1, 1, 1, 1]]), "moving");
        Add("still.gif", Gif(2, 2, [[0, 1, 1, 0]]), "still");
        Add("clear.png", Pictures.Halves(40, 40, SKColors.Transparent, SKColors.Blue, SKEncodedImageFormat.Png), "clear");
        Add("one.png", Pictures.Halves(1, 1, SKColors.Red, SKColors.Lime, SKEncodedImageFormat.Png), "one");
        Add("strip.png", Pictures.Halves(200, 20, SKColors.Red, SKColors.Blue, SKEncodedImageFormat.Png), "strip");
        Add("bell.jpg", jpeg, "bell\u0007");
        Add("silent.jpg", jpeg, " \n");
        Add("none.jpg", jpeg, null);
        Add("cut.jpg", jpeg[..^20], "cut");
        Add("words.jpg", "no picture"u8.ToArray(), "words");
        Add("empty.jpg", [], "empty");

        var set = ImageTextFolder.Open(_folder.Path("set"));
        Assert.Equal(13, set.Count);
        using var store = PixelStore.Open(set, 16, new PixelStoreOptions { Cache = PixelCache.Disk, CacheFolder = _folder.Path("cache"), MostBroken = 0.5, Progress = false });
        Assert.Equal(["cut.jpg", "empty.jpg", "words.jpg"], store.Report.Broken.Select(b => b.Name).Order());
        Assert.Equal(10, store.Usable.Count);

        using var report = JsonDocument.Parse(File.ReadAllText(store.Report.File!));
        Assert.Equal(["cut.jpg", "empty.jpg", "words.jpg"], report.RootElement.GetProperty("broken").EnumerateArray().Select(b => b.GetProperty("name").GetString()!).Order());
        var remarks = report.RootElement.GetProperty("remarks").EnumerateArray().ToDictionary(r => r.GetProperty("what").GetString()!, r => r.GetProperty("places").EnumerateArray().Select(p => p.GetString()!).Order().ToArray());
        Assert.Equal(["gray.jpg"], remarks["grayscale picture"]);
        Assert.Equal(["ink.jpg"], remarks["CMYK picture, made RGB"]);
        Assert.Equal(["turned.jpg"], remarks["picture put upright after its EXIF note"]);
        Assert.Equal(["moving.gif", "still.gif"], remarks["picture with a palette, made RGB"]);
        Assert.Equal(["moving.gif"], remarks["animated picture, first frame taken"]);
        Assert.Equal(["clear.png"], remarks["transparent picture, laid over white"]);
        Assert.Equal(["one.png"], remarks["picture with a side of one pixel"]);
        Assert.Equal(["strip.png"], remarks["picture of a shape above 4:1, mostly cut off"]);
        Assert.Equal(["ink.jpg", "moving.gif", "one.png", "still.gif"], remarks["picture smaller than wanted, enlarged"]);
        Assert.Equal(["bell.jpg"], remarks["caption with control characters"]);
        Assert.Equal(["none.jpg", "silent.jpg"], remarks["picture without a caption"]);
        Assert.Equal(11, remarks.Count);

        // What each became: an ink of 255 is none (Adobe), so only cyan is printed; the first frame has its corner dark; one pixel fills the square.
        Assert.Equal(["bell"], set.Captions(Index("bell.jpg")));
        Pixel("ink.jpg", 0, c => c[0] < 60 && c[1] > 100 && c[2] > 100);
        Pixel("one.png", 100, c => c[1] > 240 && c[0] < 20);
        Pixel("clear.png", 0, c => c.All(v => v > 250));
        var moving = Picture("moving.gif");
        Assert.True(moving[0] < 60 && moving[15 * 3] > 200);

        // A second run takes the report's remarks from the file.
        using var again = PixelStore.Open(set, 16, new PixelStoreOptions { Cache = PixelCache.Disk, CacheFolder = _folder.Path("cache"), MostBroken = 0.5, Progress = false });
        Assert.Equal(store.Report.Remarks.Select(r => (r.What, r.Count)), again.Report.Remarks.Select(r => (r.What, r.Count)));
        Assert.Equal(3, again.Report.Broken.Count);

        int Index(string name) => Enumerable.Range(0, set.Count).Single(i => set.ImageName(i) == name);
        byte[] Picture(string name) => store.Image(Index(name)).Pixels;
        void Pixel(string name, int at, Func<byte[], bool> test) => Assert.True(test(Picture(name)[(3 * at)..((3 * at) + 3)]), $"{name}: {string.Join(' ', Picture(name)[(3 * at)..((3 * at) + 3)])}");
    }

    private void Add(string name, byte[] picture, string? caption)
    {
        _folder.Write($"set/{name}", picture);
        if (caption is not null) _folder.Write($"set/{Path.ChangeExtension(name, ".txt")}", caption);
    }

    /// <summary>A GIF89a of two colours, black and white, byte by byte; each pixel is a code of its own, with a clear code before it, so that no table grows.</summary>
    private static byte[] Gif(byte width, byte height, byte[][] frames)
    {
        List<byte> bytes = [.. "GIF89a"u8, width, 0, height, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255];
        foreach (var frame in frames)
        {
            bytes.AddRange([0x21, 0xF9, 4, 0, 10, 0, 0, 0]); // a tenth of a second
            bytes.AddRange([0x2C, 0, 0, 0, 0, width, 0, height, 0, 0, 2]);
            var bits = new List<bool>();
            foreach (var code in frame.SelectMany(pixel => new[] { 4, (int)pixel }).Append(5)) // 3 bits, least first: 4 clears, 5 ends
                for (var b = 0; b < 3; b++) bits.Add(((code >> b) & 1) == 1);
            var data = new byte[(bits.Count + 7) / 8];
            for (var b = 0; b < bits.Count; b++)
                if (bits[b]) data[b / 8] |= (byte)(1 << (b % 8));
            bytes.AddRange([(byte)data.Length, .. data, 0]);
        }

        return [.. bytes, 0x3B];
    }
}
