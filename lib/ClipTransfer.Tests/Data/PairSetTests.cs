using System.Text;
using System.Text.Json;
using ClipTransfer.Data;
using ClipTransfer.Runtime;
using CsCheck;
using SkiaSharp;

namespace ClipTransfer.Tests.Data;

/// <summary>Sets of pairs in the layouts of their releases.</summary>
public sealed class PairSetTests : IDisposable
{
    private readonly FileTree _folder = new();
    private readonly byte[] _jpeg = Pictures.Halves(20, 20, SKColors.Red, SKColors.Blue);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Coco_captions_find_their_photographs_and_a_fifth_is_held_out()
    {
        Coco(20);
        var all = CocoCaptions.Open(_folder.Root, "all");
        Assert.Equal(20, all.Count);
        Assert.Equal(["one of 7", "two of 7"], all.Captions(7));
        Assert.Equal("COCO_train2014_000000000107.jpg", all.ImageName(7));
        var held = Names(CocoCaptions.Open(_folder.Root, "held-out"));
        var train = Names(CocoCaptions.Open(_folder.Root, "train"));
        Assert.Equal((16, 4), (train.Count, held.Count));
        Assert.Equal(Names(all).Order(), train.Concat(held).Order()); // nothing twice, nothing lost
        Assert.Equal(held, Names(CocoCaptions.Open(_folder.Root, "held-out", CocoCaptions.DefaultSeed)));
        Assert.NotEqual(held, Names(CocoCaptions.Open(_folder.Root, "held-out", seed: 1)));
        // The release's size: 82,783 photographs.
        Assert.Equal((66_226, 16_557), (CocoCaptions.Choose(82_783, "train", 3).Count(), CocoCaptions.Choose(82_783, "held-out", 3).Count()));
    }

    [Theory]
    [InlineData("""{"images":[{"id":1,"file_name":"a.jpg"}],"annotations":[{"image_id":2,"caption":"x"}]}""", "annotations[0]: is of the image 2")]
    [InlineData("""{"images":[{"id":1,"file_name":"b.jpg"}],"annotations":[]}""", "images[0]: names 'b.jpg', which is not in")]
    [InlineData("""{"images":[{"id":1,"file_name":"a.jpg"},{"id":1,"file_name":"a.jpg"}],"annotations":[]}""", "images[1]: has the id 1 a second time")]
    [InlineData("""{"images":[{"id":1}],"annotations":[]}""", "is no COCO captions file")]
    [InlineData("""{"images":[{"id":1,"file_name":"../a.jpg"}],"annotations":[]}""", "which is not in")]
    [InlineData("""{"images":[""", "is no COCO captions file")]
    [InlineData("null", "holds nothing")]
    [InlineData("""{"images":[],"annotations":[]}""", "has no photograph")]
    public void Damage_in_a_coco_file_names_the_place(string json, string message)
    {
        _folder.Write("coco/train2014/a.jpg", _jpeg);
        _folder.Write("coco/annotations/captions_train2014.json", json);
        Assert.Contains(message, Assert.Throws<InputException>(() => CocoCaptions.Open(_folder.Root, "all")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_json_is_coco_captions_or_an_input_error() => FuzzCoco(500);

    [Fact]
    [Trait("Category", "Slow")]
    public void Any_json_is_coco_captions_or_an_input_error_at_length() => FuzzCoco(10_000);

    [Fact]
    public void Flickr30k_is_read_in_each_layout_in_use()
    {
        foreach (var name in new[] { "1.jpg", "2.jpg", "3.jpg" }) _folder.Write($"flickr30k/flickr30k-images/{name}", _jpeg);
        string[][] expected = [["A dog , running", "Two"], ["A cat"], ["Last"]];
        _folder.Write("flickr30k/results.csv", "image_name| comment_number| comment\n1.jpg| 0| A dog , running\n1.jpg| 1| Two\n2.jpg| 0| A cat\n3.jpg| 0| Last\n");
        Check();
        File.Delete(_folder.Path("flickr30k/results.csv"));
        _folder.Write("flickr30k/captions.txt", "image,caption\n1.jpg,\"A dog , running\"\n1.jpg,Two\n2.jpg,A cat\n3.jpg,Last\n");
        Check();
        _folder.Write("flickr30k/results_20130124.token", "1.jpg#0\tA dog , running\n1.jpg#1\tTwo\n2.jpg#0\tA cat\n3.jpg#0\tLast\n");
        Check();
        _folder.Write("flickr30k/test.txt", "3\n1\n");
        Assert.Equal(["3.jpg", "1.jpg"], Names(Flickr30k.Open(_folder.Root, "test")));
        Assert.Equal("is missing", Assert.Throws<InputException>(() => Flickr30k.Open(_folder.Root, "train")).What);
        _folder.Write("flickr30k/dataset_flickr30k.json", """
            {"dataset":"flickr30k","images":[
              {"filename":"1.jpg","split":"train","sentences":[{"raw":"A dog , running","tokens":["a"]},{"raw":"Two"}]},
              {"filename":"2.jpg","split":"val","sentences":[{"raw":"A cat"}]},{"filename":"3.jpg","split":"test","sentences":[{"raw":"Last"},{"raw":" "}]}]}
            """);
        Check();
        Assert.Equal(["3.jpg"], Names(Flickr30k.Open(_folder.Root, "test"))); // Karpathy's own split comes first
        Assert.Equal("empty caption", Assert.Single(Flickr30k.Open(_folder.Root, "all").Remarks).What);
        File.Delete(_folder.Path("flickr30k/flickr30k-images/2.jpg"));
        Assert.Contains("'2.jpg', which is not in", Assert.Throws<InputException>(() => Flickr30k.Open(_folder.Root, "val")).What, StringComparison.Ordinal);

        void Check()
        {
            var all = Flickr30k.Open(_folder.Root, "all");
            Assert.Equal(expected, Enumerable.Range(0, all.Count).Select(i => all.Captions(i)));
        }
    }

    [Fact]
    public void Cc3m_is_read_from_shards_from_folders_and_by_the_addresses_of_its_list()
    {
        _folder.Write("cc3m/train/00000/000000000.jpg", _jpeg);
        _folder.Write("cc3m/train/00000/000000000.txt", "beside it");
        _folder.Write("cc3m/train/00000/000000001.jpg", _jpeg);
        _folder.Write("cc3m/train/00000/000000001.json", """{"url":"http://x.org/b.jpg","caption":null,"key":"000000001"}""");
        _folder.Write("cc3m/train/00000/000000002.jpg", _jpeg);
        _folder.Write("cc3m/train/00000/000000002.json", """{"url":"http://x.org/gone.jpg"}""");
        _folder.Write("cc3m/Train_GCC-training.tsv", "first \" one\thttp://x.org/a.jpg\nof the list\thttp://x.org/b.jpg\n");
        var train = ConceptualCaptions.Open(_folder.Root, "train");
        Assert.Equal(["beside it", "of the list"], Enumerable.Range(0, train.Count).Select(i => train.Captions(i)[0]));
        Assert.Equal(["00000/000000002.jpg"], train.Remarks.Single().Places.Select(p => p.Replace('\\', '/')));
        Assert.Equal("is missing", Assert.Throws<InputException>(() => ConceptualCaptions.Open(_folder.Root, "val")).What);

        _folder.Write("cc3m/cc3m-validation-0000.tar", TarTests.Tar(System.Formats.Tar.TarEntryFormat.Ustar, [("a.jpg", _jpeg), ("a.txt", "in a shard"u8.ToArray())]));
        var val = ConceptualCaptions.Open(_folder.Root, "val");
        Assert.IsType<TarShards>(val);
        Assert.Equal(["in a shard"], val.Captions(0));
        Assert.Equal("cc3m: ok, train subset 2 of 3318333, val subset 1 of 15840", Assert.Single(DatasetCatalog.Verify(_folder.Root)).ToString());
        ((TarShards)val).Dispose();
    }

    [Fact]
    public void A_table_gives_each_picture_all_of_its_captions()
    {
        foreach (var name in new[] { "a.jpg", "sub/b.jpg" }) _folder.Write($"set/{name}", _jpeg);
        var file = _folder.Write("set/list.csv", "\uFEFFid,caption,filepath\r\n1,\"A \"\"good\"\" dog,\r\nrunning\",a.jpg\r\n\r\n2,Two,sub/b.jpg\r\n3,Three,\"a.jpg\"\r\n4, ,a.jpg\r\n5,bell\u0007,sub/b.jpg");
        using var pairs = TablePairs.Open(file);
        Assert.Equal(2, pairs.Count);
        Assert.Equal(["A \"good\" dog, running", "Three"], pairs.Captions(0));
        Assert.Equal(["Two", "bell"], pairs.Captions(1));
        Assert.Equal("sub/b.jpg", pairs.ImageName(1));
        Assert.Equal(8, pairs.ReadImage(1, 8).Width);
        Assert.Equal(["caption with control characters", "row without a caption"], pairs.Remarks.Select(r => r.What).Order());
        Assert.EndsWith("row 4 below the header", pairs.Remarks.Single(r => r.What == "row without a caption").Places[0], StringComparison.Ordinal);
        using var chosen = TablePairs.Open(file, new TablePairsOptions { CaptionColumn = "id", ImageColumn = "3" });
        Assert.Equal(["1", "3", "4"], chosen.Captions(0));
        Assert.Contains("has no column 'nothing'", Assert.Throws<InputException>(() => TablePairs.Open(file, new TablePairsOptions { CaptionColumn = "nothing" })).What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_picture_that_a_table_names_but_is_not_there_is_an_error_or_left_out_by_choice()
    {
        _folder.Write("a.jpg", _jpeg);
        var file = _folder.Write("list.tsv", "image\tcaption\na.jpg\tone \"quoted\nb.jpg\ttwo\n");
        var error = Assert.Throws<InputException>(() => TablePairs.Open(file));
        Assert.Equal($"{file} row 2 below the header", error.Where);
        using var pairs = TablePairs.Open(file, new TablePairsOptions { Missing = MissingPictures.LeaveOut });
        Assert.Equal(["one \"quoted"], pairs.Captions(0)); // quotes mean nothing in TSV
        Assert.Equal(("picture that is not there", 1), (pairs.Remarks[0].What, pairs.Remarks[0].Count));
        _folder.Write("list.tsv", "image\tcaption\na.jpg\n");
        Assert.Contains("has fewer than 2 columns", Assert.Throws<InputException>(() => TablePairs.Open(file)).What, StringComparison.Ordinal);
        _folder.Write("list.tsv", "image\tcaption\n");
        Assert.Contains("holds no pair", Assert.Throws<InputException>(() => TablePairs.Open(file)).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_that_cross_the_readers_buffer_are_whole()
    {
        // 4 MiB is read at a time: rows of many lengths, some with line breaks in quotes, over three such stretches.
        var random = new Random(2);
        var rows = Enumerable.Range(0, 3000).Select(i => (Name: $"{i}.jpg", Caption: $"{i} " + (i % 3 == 0 ? "a\nb, \"c\" " : "") + new string((char)('a' + (i % 26)), random.Next(8000)))).ToArray();
        var file = _folder.Write("big.csv", "image,caption\n" + string.Concat(rows.Select(r => $"{r.Name},\"{r.Caption.Replace("\"", "\"\"", StringComparison.Ordinal)}\"\n")));
        var visited = new List<string>();
        using var table = new TextTable(file, new TextTableOptions(), (_, _, row) => visited.Add(row.Field(1)));
        Assert.Equal(rows.Select(r => r.Caption), visited);
        foreach (var i in new[] { 0, 999, 1500, 2999 }) Assert.Equal((rows[i].Name, rows[i].Caption), (table.Field(i, 0), table.Field(i, 1)));
    }

    [Theory]
    [InlineData("image,caption\na,\"never closed\nb,c\n", "row 1")]
    [InlineData("image,caption\na,b\nc,\"x\n", "row 2")]
    public void A_quote_that_is_never_closed_names_its_row(string text, string where)
    {
        var error = Assert.Throws<InputException>(() => new TextTable(_folder.Write("t.csv", text), new TextTableOptions()));
        Assert.Contains(where, error.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_fields_written_by_the_rules_are_read_back()
    {
        var field = Gen.OneOf(Gen.Const("a"), Gen.Const("\""), Gen.Const(","), Gen.Const("\r\n"), Gen.Const("ü"), Gen.Const(" "), Gen.Const("")).Array[0, 6].Select(p => string.Concat(p));
        field.Array[1, 4].Array[1, 8].Sample(
            rows =>
            {
                // RFC 4180: what has a quote, comma or line end stands in quotes, quotes doubled. A row of one empty field is an empty line.
                var text = string.Join("\r\n", rows.Select(r => string.Join(',', r.Select(f => $"\"{f.Replace("\"", "\"\"", StringComparison.Ordinal)}\""))));
                var read = new List<string[]>();
                using var table = new TextTable(_folder.Write("t.csv", text), new TextTableOptions { HasHeader = false }, (_, _, row) =>
                {
                    var fields = new List<string>();
                    while (row.TryField(fields.Count, out var value)) fields.Add(value);
                    read.Add([.. fields]);
                });
                Assert.Equal(rows, read);
                Assert.Equal(rows[^1][^1], table.Field(table.Count - 1, rows[^1].Length - 1));
            },
            iter: 300, threads: 1);
    }

    [Fact]
    public void Any_bytes_are_a_table_or_an_input_error() => FuzzTable(500);

    [Fact]
    [Trait("Category", "Slow")]
    public void Any_bytes_are_a_table_or_an_input_error_at_length() => FuzzTable(10_000);

    private static List<string> Names(CaptionedFiles source) => [.. Enumerable.Range(0, source.Count).Select(source.ImageName)];

    private byte[] Coco(int count)
    {
        for (var i = 0; i < count; i++) _folder.Write($"coco/train2014/COCO_train2014_{i + 100:000000000000}.jpg", _jpeg);
        var json = JsonSerializer.SerializeToUtf8Bytes(new
        {
            info = new { year = 2014 },
            images = Enumerable.Range(0, count).Select(i => new { license = 5, file_name = $"COCO_train2014_{i + 100:000000000000}.jpg", id = i + 100 }),
            licenses = Array.Empty<int>(),
            annotations = new[] { "one", "two\n" }.SelectMany((word, w) => Enumerable.Range(0, count).Select(i => new { image_id = i + 100, id = (w * count) + i, caption = word.Trim() + $" of {i}" })),
        });
        _folder.Write("coco/annotations/captions_train2014.json", json);
        return json;
    }

    private void FuzzCoco(int inputs)
    {
        var good = Coco(4);
        string[] pieces = ["{", "}", "[", "]", "\"images\":", "\"annotations\":", "\"id\":1", "\"file_name\":\"COCO_train2014_000000000100.jpg\"", "\"image_id\":1", "\"caption\":\"x\"", "\"caption\":\"\\ud800\"", ",", "null", "{},", "1e999", "\"\\u0000\""];
        var text = Gen.OneOf(pieces).Array[0, 30].Select(p => Encoding.UTF8.GetBytes(string.Concat(p)));
        Gen.OneOf(Gen.Int.Select(seed => FuzzBudget.Damaged(good, seed)), text, Gen.Int[1, 2000].Select(n => Encoding.UTF8.GetBytes("{\"images\":[" + string.Concat(Enumerable.Repeat("{},", n))))).Sample(
            json =>
            {
                _folder.Write("coco/annotations/captions_train2014.json", json);
                FuzzBudget.Holds(json.Length, () => Assert.InRange(CocoCaptions.Open(_folder.Root, "all").Count, 1, 4));
            },
            iter: inputs, threads: 1);
    }

    private void FuzzTable(int inputs)
    {
        _folder.Write("a.jpg", _jpeg);
        string[] pieces = ["image", "caption", "a.jpg", "b.jpg", ",", "\t", "\"", "\"\"", "\n", "\r\n", " ", "\0", "é", "x", "../a.jpg", "|"];
        var text = Gen.OneOf(Gen.OneOf(pieces).Array[0, 40].Select(p => Encoding.UTF8.GetBytes(string.Concat(p))), Gen.Byte.Array[0, 100]);
        var tables = Gen.OneOf(text, text.Select(t => "image,caption\n"u8.ToArray().Concat(t).ToArray()), text.Select(t => "image\tcaption\na.jpg\tx\n"u8.ToArray().Concat(t).ToArray()));
        Gen.Select(tables, Gen.Bool, Gen.Bool).Sample(
            (bytes, tab, lenient) =>
            {
                var file = _folder.Write(tab ? "fuzz.tsv" : "fuzz.csv", bytes);
                FuzzBudget.Holds(bytes.Length, () =>
                {
                    using var pairs = TablePairs.Open(file, new TablePairsOptions { Missing = lenient ? MissingPictures.LeaveOut : MissingPictures.Refuse });
                    for (var i = 0; i < pairs.Count; i++) Assert.All(pairs.Captions(i), caption => Assert.NotEqual("", caption.Trim()));
                });
            },
            iter: inputs, threads: 1);
    }
}
