using ClipTransfer.Data;
using ClipTransfer.Notebooks;
using ClipTransfer.Runtime;
using SkiaSharp;

namespace ClipTransfer.Tests.Data;

public sealed class DatasetCatalogTests : IDisposable
{
    private readonly FileTree _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_set_is_described_in_full()
    {
        Assert.Equal(DatasetCatalog.Sets.Count, DatasetCatalog.Sets.Select(s => s.Name).Distinct().Count());
        foreach (var set in DatasetCatalog.Sets)
        {
            Assert.All([set.Title, set.HomePage, set.Licence, set.Citation, set.Layout], text => Assert.NotEqual("", text));
            Assert.StartsWith("https://", set.HomePage, StringComparison.Ordinal);
            Assert.NotEmpty(set.Folders);
            Assert.All(set.Splits.Values, n => Assert.True(n > 0));
            Assert.All(set.Templates, t => Assert.Contains("{0}", t, StringComparison.Ordinal));
            Assert.Equal(set.Kind == "labelled", set.Templates.Count > 0);
            Assert.All(set.Archives, a =>
            {
                if (a.Sha256 is not null) Assert.Matches("^[0-9a-f]{64}$", a.Sha256);
                if (a.Md5 is not null) Assert.Matches("^[0-9a-f]{32}$", a.Md5);
                Assert.True(a.Sha256 is not null || a.Md5 is not null, a.Address); // nothing is fetched that nobody can check
                Assert.True(a.Bytes > 0);
            });
        }

        Assert.Equal([10, 100, 10, 101, 47, 102, 37, 1000], new[] { "cifar10", "cifar100", "stl10", "food101", "dtd", "flowers102", "pets", "imagenetv2" }.Select(name => DatasetCatalog.Find(name).ClassNames.Count));
        Assert.Equal(DatasetCatalog.Templates.Keys.Order(), DatasetCatalog.TemplateSources.Keys.Order());
        Assert.Equal(82_783, DatasetCatalog.Find("coco").Splits["train"] + DatasetCatalog.Find("coco").Splits["held-out"]); // the release's train2014

        // CLIP's published prompts: 80 for ImageNet, 18 for CIFAR, 8 for textures, 1 for food.
        Assert.Equal([80, 18, 8, 1], new[] { "imagenet80", "cifar", "dtd", "food" }.Select(name => DatasetCatalog.Templates[name].Distinct().Count()));
    }

    [Fact]
    public void Verify_says_subset_absent_and_damaged()
    {
        Cifar(records: 2);
        var check = Assert.Single(DatasetCatalog.Verify(_folder.Root));
        Assert.Equal("cifar10: ok, train absent, test subset 2 of 10000", check.ToString());
        Assert.False(check.Damaged);
        Assert.Equal(check.ToString(), Assert.Single(DatasetCatalog.Verify(Path.Combine(_folder.Root, "cifar10", "cifar-10-batches-bin"), "cifar10")).ToString());
        _folder.Write("cifar10/cifar-10-batches-bin/data_batch_2.bin", new byte[3073 + 7]);
        check = Assert.Single(DatasetCatalog.Verify(_folder.Root, "cifar10"));
        Assert.True(check.Damaged);
        Assert.Contains("data_batch_2.bin: is cut inside record 1", check.ToString(), StringComparison.Ordinal);
        Assert.Contains("holds no Food-101", Assert.Throws<InputException>(() => DatasetCatalog.Verify(_folder.Root, "food101")).Message, StringComparison.Ordinal);
        Assert.Contains("is not known", Assert.Throws<InputException>(() => DatasetCatalog.Verify(_folder.Root, "mnist")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decoding_finds_the_broken_photograph_that_counting_cannot()
    {
        var jpeg = Pictures.Halves(20, 20, SKColors.Red, SKColors.Blue);
        _folder.Write("dtd/images/dotted/a.jpg", jpeg);
        _folder.Write("dtd/images/woven/b.jpg", jpeg[..^15]);
        _folder.Write("dtd/labels/test1.txt", "dotted/a.jpg\nwoven/b.jpg\n");
        Assert.False(Assert.Single(DatasetCatalog.Verify(_folder.Root)).Damaged);
        var check = Assert.Single(DatasetCatalog.Verify(_folder.Root, "dtd", decode: true));
        Assert.True(check.Damaged);
        Assert.EndsWith("woven/b.jpg ends before the picture does", check.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_verbs_print_it_and_exit_with_1_only_on_damage()
    {
        Cifar(records: 1);
        var (code, text) = await Invoke("data", "verify", "--data", _folder.Root);
        Assert.Equal(0, code);
        Assert.Contains("test subset 1 of 10000", text, StringComparison.Ordinal);
        (code, text) = await Invoke("data", "list", "--data", _folder.Root);
        Assert.Equal(0, code);
        Assert.Contains("cifar10          here", text, StringComparison.Ordinal);
        Assert.Contains("flickr8k         missing", text, StringComparison.Ordinal);
        _folder.Write("cifar10/cifar-10-batches-bin/test_batch.bin", [11, .. new byte[3072]]);
        (code, text) = await Invoke("data", "verify", "--data", _folder.Root);
        Assert.Equal(1, code);
        Assert.Contains("test_batch.bin record 0: has label 11", text.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
        (code, text) = await Invoke("data", "verify", "nonsense", "--data", _folder.Root);
        Assert.NotEqual(0, code);
        Assert.Contains("'nonsense': is not known", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Food_and_texture_lists_give_their_labels()
    {
        var jpeg = Pictures.Halves(20, 20, SKColors.Red, SKColors.Blue);
        foreach (var file in new[] { "apple_pie/1.jpg", "pizza/2.jpg" }) _folder.Write($"food-101/images/{file}", jpeg);
        _folder.Write("food-101/meta/classes.txt", "apple_pie\ncup_cakes\npizza\n");
        _folder.Write("food-101/meta/test.txt", "pizza/2\napple_pie/1\n");
        var food = Food101.Open(_folder.Root, "test");
        Assert.Equal(["pizza", "apple pie"], Enumerable.Range(0, 2).Select(i => food.ClassNames[food.Label(i)]));
        _folder.Write("food-101/meta/test.txt", "pizza/2\nsushi/9\n");
        Assert.Contains("test.txt line 2", Assert.Throws<InputException>(() => Food101.Open(_folder.Root, "test")).Where, StringComparison.Ordinal);
        _folder.Write("food-101/meta/test.txt", "pizza/../pizza/2\n");
        Assert.Throws<InputException>(() => Food101.Open(_folder.Root, "test"));

        foreach (var file in new[] { "dotted/a.jpg", "woven/b.jpg" }) _folder.Write($"dtd/images/{file}", jpeg);
        _folder.Write("dtd/labels/test1.txt", "woven/b.jpg\ndotted/a.jpg\n");
        _folder.Write("dtd/labels/classes_47.txt", "banded\ndotted\nwoven\n");
        Assert.Equal([2, 1], Labels(DescribableTextures.Open(_folder.Root, "test")));
        var present = DescribableTextures.Open(_folder.Root, "test", presentOnly: true);
        Assert.Equal([1, 0], Labels(present));
        Assert.Equal(["dotted", "woven"], present.ClassNames);
    }

    [Fact]
    public void A_folder_a_class_and_the_imagenet_sample_are_read()
    {
        var jpeg = Pictures.Halves(20, 20, SKColors.Red, SKColors.Blue);
        foreach (var file in new[] { "set/hot_dog/1.jpg", "set/hot_dog/2.JPG", "set/cat/x.jpg" }) _folder.Write(file, jpeg);
        _folder.Write("set/cat/notes.txt", "not a picture");
        var set = ImageFolder.Open(_folder.Path("set"));
        Assert.Equal(["cat", "hot dog"], set.ClassNames);
        Assert.Equal([0, 1, 1], Labels(set));

        foreach (var name in new[] { "n01443537_goldfish.JPEG", "n01440764_tench.JPEG" }) _folder.Write($"imagenet-sample-images/{name}", jpeg);
        _folder.Write("imagenet-sample-images/wnids_1000.txt", "n01440764 tench\nn01443000 other fish\nn01443537 goldfish\n");
        var sample = ImageNetSample.Open(_folder.Root);
        Assert.Equal(["tench", "other fish", "goldfish"], sample.ClassNames);
        Assert.Equal([0, 2], Labels(sample));
        Assert.Equal([0, 1], Labels(ImageNetSample.Open(_folder.Root, presentOnly: true)));
        _folder.Write("imagenet-sample-images/n09999999_thing.JPEG", jpeg);
        Assert.Contains("n09999999", Assert.Throws<InputException>(() => ImageNetSample.Open(_folder.Root)).Message, StringComparison.Ordinal);
    }

    private static IEnumerable<int> Labels(LabelledFiles source) => Enumerable.Range(0, source.Count).Select(source.Label);

    private void Cifar(int records) => _folder.Write("cifar10/cifar-10-batches-bin/test_batch.bin", new byte[records * 3073]);

    private static async Task<(int Code, string Text)> Invoke(params string[] args)
    {
        await using var output = new StringWriter();
        var code = await CommandLine.InvokeAsync(args, root: AppContext.BaseDirectory, output, output);
        return (code, output.ToString());
    }
}
