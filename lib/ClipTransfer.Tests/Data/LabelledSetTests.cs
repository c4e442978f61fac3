using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using ClipTransfer.Data;
using ClipTransfer.Runtime;
using CsCheck;
using SkiaSharp;

namespace ClipTransfer.Tests.Data;

/// <summary>STL-10, Flowers-102, Pets and ImageNetV2 from files made byte by byte as their releases lay them out.</summary>
public sealed class LabelledSetTests : IDisposable
{
    private const int StlRecord = 27_648;
    private readonly FileTree _folder = new();
    private readonly byte[] _jpeg = Pictures.Halves(20, 20, SKColors.Red, SKColors.Blue);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Stl_pictures_are_stored_column_by_column_and_labels_start_at_1()
    {
        var pixels = Stl(3, [1, 10, 4]);
        var train = Stl10.Open(_folder.Root, "train");
        Assert.Equal([0, 9, 3], Labels(train));
        Assert.Equal(["airplane", "truck", "cat"], Labels(train).Select(l => train.ClassNames[l]));
        Assert.Contains("subset 3 of 5000", train.Description, StringComparison.Ordinal);
        var picture = train.ReadImage(2, 96);
        foreach (var (x, y) in new[] { (0, 0), (7, 90), (95, 1) })
            for (var plane = 0; plane < 3; plane++)
                Assert.Equal(pixels[(2 * StlRecord) + (plane * 9216) + (x * 96) + y], picture.Pixels[(((y * 96) + x) * 3) + plane]);
        Assert.Equal(24, train.ReadImage(0, 24).Width);
        Assert.Equal("train_X.bin record 2", train.ImageName(2));
    }

    [Fact]
    public void Stl_folds_choose_their_records()
    {
        Stl(4, [1, 2, 3, 4]);
        _folder.Write("stl10/stl10_binary/fold_indices.txt", "0 1\n3 2 \n");
        var fold = Stl10.Open(_folder.Root, "train", fold: 1);
        Assert.Equal([3, 2], Labels(fold));
        Assert.Equal("train_X.bin record 3", fold.ImageName(0));
        Assert.NotEqual(fold.Fingerprint, Stl10.Open(_folder.Root, "train", fold: 0).Fingerprint);
        _folder.Write("stl10/stl10_binary/fold_indices.txt", "0 4\n");
        Assert.Contains("has the index '4'", Assert.Throws<InputException>(() => Stl10.Open(_folder.Root, "train", fold: 0)).What, StringComparison.Ordinal);
        Assert.Contains("has 1 lines", Assert.Throws<InputException>(() => Stl10.Open(_folder.Root, "train", fold: 5)).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Stl_damage_names_file_and_record()
    {
        Stl(2, [1, 11]);
        Assert.Equal($"{_folder.Path("stl10/stl10_binary/train_y.bin")} record 1", Assert.Throws<InputException>(() => Stl10.Open(_folder.Root, "train")).Where);
        Stl(2, [1]);
        Assert.Contains("holds 1 labels for 2 pictures", Assert.Throws<InputException>(() => Stl10.Open(_folder.Root, "train")).What, StringComparison.Ordinal);
        _folder.Write("stl10/stl10_binary/train_X.bin", new byte[StlRecord + 5]);
        Assert.StartsWith("is cut inside record 1", Assert.Throws<InputException>(() => Stl10.Open(_folder.Root, "train")).What, StringComparison.Ordinal);
        File.Delete(_folder.Path("stl10/stl10_binary/train_X.bin"));
        _folder.Write("stl10/stl10_binary/test_X.bin", new byte[StlRecord]);
        Assert.Equal("is missing", Assert.Throws<InputException>(() => Stl10.Open(_folder.Root, "train")).What);
    }

    [Fact]
    public void Any_bytes_are_stl_records_or_an_input_error() => FuzzStl(500);

    [Fact]
    [Trait("Category", "Slow")]
    public void Any_bytes_are_stl_records_or_an_input_error_at_length() => FuzzStl(10_000);

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void A_matlab_file_gives_its_numeric_arrays(bool packed, bool big)
    {
        double[] doubles = [1, 102, -3.5];
        var bytes = MatHeader(big).Concat(Matrix("labels", 9, [1, 3], doubles, big, packed)).Concat(Matrix("bytes", 2, [2, 2], [1, 2, 3, 255], big, packed)).Concat(Matrix("t", 4, [1, 1], [65535], big, packed)).ToArray();
        var arrays = MatFile.Read(bytes, "x.mat");
        Assert.Equal(["bytes", "labels", "t"], arrays.Keys.Order());
        Assert.Equal(doubles, arrays["labels"]);
        Assert.Equal([1, 2, 3, 255], arrays["bytes"]);
        Assert.Equal([65535], arrays["t"]);
    }

    [Fact]
    public void A_damaged_matlab_file_is_one_clear_error()
    {
        var good = MatHeader(false).Concat(Matrix("labels", 9, [1, 300], new double[300], false, packed: false)).ToArray();
        Assert.Contains("ends inside an element", Assert.Throws<InputException>(() => MatFile.Read(good.AsSpan(0, good.Length - 9), "x.mat")).What, StringComparison.Ordinal);
        Assert.Contains("no MATLAB file of level 5", Assert.Throws<InputException>(() => MatFile.Read(new byte[200], "x.mat")).What, StringComparison.Ordinal);
        var other = MatHeader(false).Concat(Matrix("labels", 9, [1, 299], new double[300], false, packed: false)).ToArray();
        Assert.Contains("other dimensions than values", Assert.Throws<InputException>(() => MatFile.Read(other, "x.mat")).What, StringComparison.Ordinal);
        var bomb = MatHeader(false).Concat(Matrix("labels", 9, [1, 2_000_000], new double[2_000_000], false, packed: true)).ToArray();
        Assert.True(bomb.Length < 100_000);
        Assert.Contains("unpacks to more than", Assert.Throws<InputException>(() => MatFile.Read(bomb, "x.mat")).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_bytes_are_a_matlab_file_or_an_input_error() => FuzzMat(500);

    [Fact]
    [Trait("Category", "Slow")]
    public void Any_bytes_are_a_matlab_file_or_an_input_error_at_length() => FuzzMat(10_000);

    [Fact]
    public void Flowers_take_labels_and_splits_from_their_matlab_files()
    {
        for (var i = 1; i <= 5; i++) _folder.Write($"flowers-102/jpg/image_{i:00000}.jpg", _jpeg);
        Flowers([77, 1, 102, 3, 3], train: [5, 2], test: [3]);
        var train = Flowers102.Open(_folder.Root, "train");
        Assert.Equal(["image_00005.jpg", "image_00002.jpg"], Enumerable.Range(0, 2).Select(train.ImageName));
        Assert.Equal(["canterbury bells", "pink primrose"], Labels(train).Select(l => train.ClassNames[l]));
        Assert.Equal("blackberry lily", Flowers102.Open(_folder.Root, "test").ClassNames[101]);
        Flowers([77, 1, 103, 3, 3], train: [5], test: [3]);
        Assert.Equal($"{_folder.Path("flowers-102/imagelabels.mat")} entry 3", Assert.Throws<InputException>(() => Flowers102.Open(_folder.Root, "test")).Where);
        Flowers([77, 1, 1, 3, 3], train: [6], test: [3]);
        Assert.Contains("names picture 6", Assert.Throws<InputException>(() => Flowers102.Open(_folder.Root, "train")).What, StringComparison.Ordinal);
        File.Delete(_folder.Path("flowers-102/jpg/image_00003.jpg"));
        Assert.Contains("'image_00003.jpg', which is not in", Assert.Throws<InputException>(() => Flowers102.Open(_folder.Root, "test")).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Pets_take_the_class_from_the_list_and_not_from_the_name()
    {
        foreach (var name in new[] { "Abyssinian_1", "yorkshire_terrier_9" }) _folder.Write($"oxford-iiit-pet/images/{name}.jpg", _jpeg);
        _folder.Write("oxford-iiit-pet/annotations/trainval.txt", "#Image CLASS-ID SPECIES BREED ID\nyorkshire_terrier_9 37 2 25\nAbyssinian_1 1 1 1\n");
        var pets = OxfordPets.Open(_folder.Root, "trainval");
        Assert.Equal(["yorkshire terrier", "Abyssinian"], Labels(pets).Select(l => pets.ClassNames[l]));
        foreach (var (line, what) in new[] { ("Abyssinian_1 38 1 1", "has class 38"), ("Abyssinian_1", "expected 'picture class"), ("Abyssinian_2 1 1 1", "which is not in"), ("../images/Abyssinian_1 1 1 1", "which is not in") })
        {
            _folder.Write("oxford-iiit-pet/annotations/test.txt", line + "\n");
            var error = Assert.Throws<InputException>(() => OxfordPets.Open(_folder.Root, "test"));
            Assert.Contains(what, error.What, StringComparison.Ordinal);
            Assert.EndsWith("test.txt line 1", error.Where, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Imagenet_v2_counts_its_folders_as_numbers()
    {
        foreach (var name in new[] { "0", "10", "2", "999" }) _folder.Write($"imagenetv2-matched-frequency-format-val/{name}/a.jpeg", _jpeg);
        var set = ImageNetV2.Open(_folder.Root);
        Assert.Equal([0, 2, 10, 999], Labels(set)); // not 0, 10, 2, 999, and not 0, 1, 2, 3
        Assert.Equal(["tench", "toilet paper"], new[] { set.ClassNames[0], set.ClassNames[999] });
        Assert.Equal(80, set.Templates.Count);
        _folder.Write("imagenetv2-matched-frequency-format-val/1000/a.jpeg", _jpeg);
        Assert.Contains("is no class", Assert.Throws<InputException>(() => ImageNetV2.Open(_folder.Root)).What, StringComparison.Ordinal);
    }

    private static int[] Labels(ILabelledSource source) => [.. Enumerable.Range(0, source.Count).Select(source.Label)];

    private static byte[] MatHeader(bool big)
    {
        var header = new byte[128];
        Encoding.ASCII.GetBytes("MATLAB 5.0 MAT-file".PadRight(116)).CopyTo(header, 0);
        (header[124], header[125]) = big ? ((byte)1, (byte)0) : ((byte)0, (byte)1);
        Encoding.ASCII.GetBytes(big ? "MI" : "IM").CopyTo(header, 126);
        return header;
    }

    /// <summary>One array as the format's description lays it out; <paramref name="type"/> is how its values are stored.</summary>
    private static byte[] Matrix(string name, int type, int[] dimensions, double[] values, bool big, bool packed)
    {
        var data = values.SelectMany(v => type switch { 9 => Order(BitConverter.GetBytes(v), big), 4 => Order(BitConverter.GetBytes((ushort)v), big), _ => [(byte)v] }).ToArray();
        byte[] content = [.. Element(6, [.. Int(6, big), .. Int(0, big)], big), .. Element(5, [.. dimensions.SelectMany(d => Int(d, big))], big), .. Element(1, Encoding.ASCII.GetBytes(name), big), .. Element(type, data, big)];
        byte[] matrix = [.. Int(14, big), .. Int(content.Length, big), .. content];
        if (!packed) return matrix;
        using var stream = new MemoryStream();
        using (var zlib = new ZLibStream(stream, CompressionLevel.Optimal, leaveOpen: true)) zlib.Write(matrix);
        return [.. Int(15, big), .. Int((int)stream.Length, big), .. stream.ToArray()];
    }

    /// <summary>Type, length, data, padded to eight bytes; four bytes or fewer stand in the tag itself.</summary>
    private static byte[] Element(int type, byte[] data, bool big)
    {
        if (data.Length is > 0 and <= 4) return [.. Int((data.Length << 16) | type, big), .. data, .. new byte[4 - data.Length]];
        return [.. Int(type, big), .. Int(data.Length, big), .. data, .. new byte[(8 - (data.Length % 8)) % 8]];
    }

    private static byte[] Int(int value, bool big)
    {
        var bytes = new byte[4];
        if (big) BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        else BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Order(byte[] littleEndian, bool big)
    {
        if (big) Array.Reverse(littleEndian);
        return littleEndian;
    }

    private static void FuzzMat(int inputs)
    {
        byte[][] seeds = [.. new[] { false, true }.SelectMany(packed => new[] { false, true }.Select(big =>
            MatHeader(big).Concat(Matrix("labels", 9, [1, 40], [.. Enumerable.Range(0, 40).Select(i => (double)i)], big, packed)).Concat(Matrix("b", 2, [1, 3], [1, 2, 3], big, packed)).ToArray()))];
        var (taken, refused) = (0, 0);
        Gen.Select(Gen.Int[0, seeds.Length - 1], Gen.Int).Sample(
            (which, seed) =>
            {
                var bytes = FuzzBudget.Damaged(seeds[which], seed);
                // What packs to a hundredth cannot be held to ten times the file: the limit is then the reader's own.
                if (FuzzBudget.Holds(bytes.Length, () => MatFile.Read(bytes, "fuzz.mat"))) taken++;
                else refused++;
            },
            iter: inputs, threads: 1);
        Assert.True(taken > inputs / 50 && refused > inputs / 50, $"{taken} taken, {refused} refused");
    }

    private void FuzzStl(int inputs)
    {
        Gen.Select(Gen.Int[0, 3], Gen.Byte[0, 12].Array[0, 4], Gen.Int[-2, 2], Gen.Bool).Sample(
            (records, labels, extra, match) =>
            {
                var pixels = new byte[Math.Max(0, (records * StlRecord) + (match ? 0 : extra))];
                if (match) labels = [.. Enumerable.Range(0, records).Select(i => labels.Length > 0 ? labels[i % labels.Length] : (byte)1)];
                _folder.Write("stl10_binary/train_X.bin", pixels);
                _folder.Write("stl10_binary/train_y.bin", labels);
                var taken = FuzzBudget.Holds(pixels.Length + labels.Length, () =>
                {
                    var train = Stl10.Open(_folder.Root, "train");
                    for (var i = 0; i < train.Count; i++) Assert.InRange(train.Label(i), 0, 9);
                    _ = train.ReadImage(train.Count - 1, 96);
                });
                Assert.Equal(pixels.Length > 0 && pixels.Length % StlRecord == 0 && labels.Length == pixels.Length / StlRecord && labels.All(l => l is >= 1 and <= 10), taken);
            },
            iter: inputs, threads: 1);
    }

    private byte[] Stl(int records, byte[] labels)
    {
        var pixels = new byte[records * StlRecord];
        new Random(6).NextBytes(pixels);
        _folder.Write("stl10/stl10_binary/train_X.bin", pixels);
        _folder.Write("stl10/stl10_binary/train_y.bin", labels);
        return pixels;
    }

    private void Flowers(double[] labels, double[] train, double[] test)
    {
        _folder.Write("flowers-102/imagelabels.mat", [.. MatHeader(false), .. Matrix("labels", 9, [1, labels.Length], labels, false, true)]);
        _folder.Write("flowers-102/setid.mat", [.. MatHeader(false), .. Matrix("trnid", 4, [1, train.Length], train, false, true), .. Matrix("tstid", 4, [1, test.Length], test, false, true)]);
    }
}
