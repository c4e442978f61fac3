using System.Text;
using ClipTransfer.Data;
using ClipTransfer.Runtime;
using CsCheck;
using SkiaSharp;

namespace ClipTransfer.Tests.Data;

public sealed class Flickr8kTests : IDisposable
{
    private readonly FileTree _folder = new();

    public Flickr8kTests()
    {
        var jpeg = Pictures.Halves(40, 30, SKColors.Green, SKColors.White);
        foreach (var name in new[] { "a.jpg", "b.jpg", "c.jpg" }) _folder.Write($"flickr8k/Images/{name}", jpeg);
        _folder.Write("flickr8k/captions.txt", "image,caption\na.jpg,A dog .\na.jpg,\"A \"\"good\"\" dog , running\"\nb.jpg,Two men\nb.jpg,\nc.jpg,A c\n");
        _folder.Write("flickr8k/Flickr_8k.trainImages.txt", "b.jpg\na.jpg\n");
        _folder.Write("flickr8k/Flickr_8k.testImages.txt", "c.jpg");
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("flickr8k")]
    public void Quotes_commas_and_several_captions_are_read_in_the_order_of_the_split(string below)
    {
        var train = Flickr8k.Open(Path.Combine(_folder.Root, below), "train");
        Assert.Equal(2, train.Count);
        Assert.Equal(["Two men"], train.Captions(0)); // the empty one is left out
        Assert.Equal(["A dog .", "A \"good\" dog , running"], train.Captions(1));
        Assert.Equal("a.jpg", train.ImageName(1));
        Assert.Contains("1 empty captions left out", train.Description, StringComparison.Ordinal);
        Assert.Equal(16, train.ReadImage(0, 16).Width);
        Assert.Equal(3, Flickr8k.Open(_folder.Root, "all").Count);
    }

    [Fact]
    public void The_older_caption_file_is_read_too()
    {
        File.Delete(_folder.Path("flickr8k/captions.txt"));
        _folder.Write("flickr8k/Flickr8k.token.txt", "c.jpg#0\tA cat , sleeping\nc.jpg#1\tAnother\n");
        Assert.Equal(["A cat , sleeping", "Another"], Flickr8k.Open(_folder.Root, "test").Captions(0));
    }

    [Fact]
    public void A_missing_caption_file_is_one_clear_error()
    {
        File.Delete(_folder.Path("flickr8k/captions.txt"));
        var error = Assert.Throws<InputException>(() => Flickr8k.Open(_folder.Root, "train"));
        Assert.EndsWith("captions.txt", error.Where, StringComparison.Ordinal);
        Assert.Equal("is missing", error.What);
    }

    [Fact]
    public void An_image_on_the_list_but_absent_names_the_line()
    {
        File.Delete(_folder.Path("flickr8k/Images/a.jpg"));
        var error = Assert.Throws<InputException>(() => Flickr8k.Open(_folder.Root, "train"));
        Assert.EndsWith("Flickr_8k.trainImages.txt line 2", error.Where, StringComparison.Ordinal);
        Assert.Contains("'a.jpg'", error.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("image,caption\na.jpg\n", "line 2")]
    [InlineData("image,caption\na.jpg,x\na.jpg,one,two\n", "line 3")]
    [InlineData("image,caption\na.jpg,\"x\ny\"\n,z\n", "line 4")]
    [InlineData("picture,text\na.jpg,x\n", "line 1")]
    [InlineData("image,caption\na.jpg,\"never closed\n", "captions.txt")]
    [InlineData("", "captions.txt")]
    public void A_damaged_row_names_its_line(string captions, string where)
    {
        _folder.Write("flickr8k/captions.txt", captions);
        var error = Assert.Throws<InputException>(() => Flickr8k.Open(_folder.Root, "train"));
        Assert.Contains(where, error.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_photograph_among_good_ones_is_counted_and_named()
    {
        var jpeg = Pictures.Halves(40, 30, SKColors.Green, SKColors.White);
        for (var i = 0; i < 197; i++) _folder.Write($"flickr8k/Images/{i}.jpg", jpeg);
        _folder.Write("flickr8k/captions.txt", "image,caption\n" + string.Concat(Enumerable.Range(0, 197).Select(i => $"{i}.jpg,x\n")) + "a.jpg,a\nb.jpg,b\nc.jpg,c\n");
        _folder.Write("flickr8k/Images/b.jpg", jpeg[..^20]);
        var all = Flickr8k.Open(_folder.Root, "all");
        using (var store = PixelStore.Open(all, 16))
        {
            var broken = Assert.Single(store.Report.Broken);
            Assert.Equal("b.jpg", broken.Name);
            Assert.Equal(199, store.Usable.Count);
            Assert.DoesNotContain(broken.Image, store.Usable);
            Assert.Contains("1 broken and left out: b.jpg: ends before the picture does", store.Report.ToString(), StringComparison.Ordinal);
        }

        foreach (var name in new[] { "a.jpg", "c.jpg" }) _folder.Write($"flickr8k/Images/{name}", jpeg[..60]);
        var error = Assert.Throws<InputException>(() => PixelStore.Open(Flickr8k.Open(_folder.Root, "all"), 16)); // 3 of 200 is more than 1 %
        Assert.StartsWith("3 of 200 images are broken", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_captions_and_lists_are_pairs_or_an_input_error() => Fuzz(500);

    [Fact]
    [Trait("Category", "Slow")]
    public void Any_captions_and_lists_are_pairs_or_an_input_error_at_length() => Fuzz(10_000);

    private void Fuzz(int inputs)
    {
        // Pieces of a true file in any order reach further than random text.
        string[] pieces = ["image,caption", "a.jpg", "b.jpg", "c.jpg", ",", "\"", "\n", "\r\n", " ", "\t", "#0", "../a.jpg", "\0", "é", "\ud800", "x", "/"];
        var text = Gen.OneOf(Gen.OneOf(pieces).Array[0, 40].Select(p => string.Concat(p)), Gen.String[0, 100]);
        var captions = Gen.OneOf(text, text.Select(t => "image,caption\n" + t), text.Select(t => "image,caption\na.jpg,x\nb.jpg,y\n" + t));
        var lists = Gen.OneOf(text, Gen.OneOf("a.jpg\n", "b.jpg\na.jpg\n"));
        Gen.Select(captions, lists, Gen.Bool).Sample(
            (captionText, list, old) =>
            {
                File.Delete(_folder.Path("flickr8k/captions.txt"));
                File.WriteAllBytes(_folder.Path(old ? "flickr8k/Flickr8k.token.txt" : "flickr8k/captions.txt"), Encoding.UTF8.GetBytes(captionText));
                _folder.Write("flickr8k/Flickr_8k.trainImages.txt", list);
                try
                {
                    var train = Flickr8k.Open(_folder.Root, "train");
                    Assert.InRange(train.Count, 1, 3);
                    for (var i = 0; i < train.Count; i++) Assert.All(train.Captions(i), caption => Assert.NotEqual("", caption.Trim()));
                    Assert.Equal(8, train.ReadImage(0, 8).Width);
                }
                catch (InputException error)
                {
                    Assert.Contains("Flickr", error.Message, StringComparison.OrdinalIgnoreCase);
                }
            },
            iter: inputs, threads: 1);
    }
}
