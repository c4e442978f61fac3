using ClipTransfer.Data;
using ClipTransfer.Runtime;
using CsCheck;

namespace ClipTransfer.Tests.Data;

public class CifarTests
{
    private const string Names = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";
    private const int Record = 3073;

    [Fact]
    public void Records_are_read_as_published_and_short_files_are_accepted()
    {
        using var folder = Folder(out var records);
        var test = Cifar10.Open(folder.Root, "test");
        Assert.Equal(3, test.Count);
        Assert.Equal([7, 0, 9], Enumerable.Range(0, 3).Select(test.Label));
        Assert.Equal("horse", test.ClassNames[test.Label(0)]);
        Assert.Contains("subset 3 of 10000", test.Description, StringComparison.Ordinal);
        Assert.Equal("test_batch.bin record 2", test.ImageName(2));
        var picture = test.ReadImage(1, 32);
        // Planes R, G, B, row by row, after one label byte.
        Assert.Equal(records[Record + 1 + (5 * 32) + 9], picture.Pixels[((5 * 32) + 9) * 3]);
        Assert.Equal(records[Record + 1 + 1024 + (5 * 32) + 9], picture.Pixels[(((5 * 32) + 9) * 3) + 1]);
        Assert.Equal(records[Record + 1 + 2048 + (31 * 32) + 31], picture.Pixels[(((31 * 32) + 31) * 3) + 2]);
        Assert.Equal(48, test.ReadImage(1, 48).Width);
    }

    [Theory]
    [InlineData("")]
    [InlineData("cifar10")]
    [InlineData("cifar10/cifar-10-batches-bin")]
    public void The_data_folder_the_sets_own_and_the_innermost_all_work(string below)
    {
        using var folder = Folder(out _);
        Assert.Equal(3, Cifar10.Open(Path.Combine(folder.Root, below), "test").Count);
    }

    [Fact]
    public void A_file_cut_inside_a_record_is_one_clear_error()
    {
        using var folder = Folder(out var records);
        var file = folder.Write("cifar10/cifar-10-batches-bin/test_batch.bin", records[..(2 * Record + 100)]);
        var error = Assert.Throws<InputException>(() => Cifar10.Open(folder.Root, "test"));
        Assert.Equal(file, error.Where);
        Assert.StartsWith("is cut inside record 2", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_out_of_range_names_its_record()
    {
        using var folder = Folder(out var records);
        records[Record] = 10;
        var file = folder.Write("cifar10/cifar-10-batches-bin/test_batch.bin", records);
        var error = Assert.Throws<InputException>(() => Cifar10.Open(folder.Root, "test"));
        Assert.Equal($"{file} record 1", error.Where);
        Assert.Contains("label 10", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_files_empty_files_and_wrong_names_are_named()
    {
        using var folder = Folder(out _);
        Assert.Contains("data_batch_1.bin: is missing", Assert.Throws<InputException>(() => Cifar10.Open(folder.Root, "train")).Message, StringComparison.Ordinal);
        folder.Write("cifar10/cifar-10-batches-bin/batches.meta.txt", "cat\ndog\n");
        Assert.Contains("names 2 classes", Assert.Throws<InputException>(() => Cifar10.Open(folder.Root, "test")).Message, StringComparison.Ordinal);
        folder.Write("cifar10/cifar-10-batches-bin/batches.meta.txt", Names);
        folder.Write("cifar10/cifar-10-batches-bin/test_batch.bin", Array.Empty<byte>());
        Assert.Contains("holds no record", Assert.Throws<InputException>(() => Cifar10.Open(folder.Root, "test")).Message, StringComparison.Ordinal);
        using var nothing = new FileTree();
        Assert.Contains("holds no CIFAR-10", Assert.Throws<InputException>(() => Cifar10.Open(nothing.Root, "test")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_second_label_byte_of_cifar_100_is_the_class()
    {
        using var folder = new FileTree();
        folder.Write("cifar-100-binary/fine_label_names.txt", string.Join('\n', Enumerable.Range(0, 100).Select(i => $"aquarium_fish{i}")));
        byte[] record = [5, 99, .. new byte[3072]];
        folder.Write("cifar-100-binary/test.bin", [.. record, .. record]);
        var test = Cifar100.Open(folder.Root, "test");
        Assert.Equal(2, test.Count);
        Assert.Equal("aquarium fish99", test.ClassNames[test.Label(1)]);
    }

    [Fact]
    public void Any_bytes_are_records_or_an_input_error() => Fuzz(500);

    [Fact]
    [Trait("Category", "Slow")]
    public void Any_bytes_are_records_or_an_input_error_at_length() => Fuzz(10_000);

    private static void Fuzz(int inputs)
    {
        using var folder = Folder(out _);
        // Whole records with random labels, and random lengths.
        var whole = Gen.Select(Gen.Int[0, 3], Gen.Byte[0, 12]).Select((n, label) => Enumerable.Repeat(new byte[] { label }.Concat(new byte[3072]), n).SelectMany(r => r).ToArray());
        var cut = Gen.Select(whole, Gen.Int[0, 4000]).Select((bytes, length) => bytes[..Math.Min(length, bytes.Length)]);
        Gen.OneOf(whole, cut, Gen.Byte.Array[0, 50]).Sample(
            bytes =>
            {
                folder.Write("cifar10/cifar-10-batches-bin/test_batch.bin", bytes);
                var taken = FuzzBudget.Holds(bytes.Length, () =>
                {
                    var test = Cifar10.Open(folder.Root, "test");
                    Assert.Equal(bytes.Length, test.Count * Record);
                    Assert.InRange(test.Label(test.Count - 1), 0, 9);
                    Assert.Equal(3072, test.ReadImage(test.Count - 1, 32).Pixels.Length);
                });
                Assert.Equal(bytes.Length > 0 && bytes.Length % Record == 0 && bytes.Where((_, i) => i % Record == 0).All(label => label < 10), taken);
            },
            iter: inputs, threads: 1);
    }

    private static FileTree Folder(out byte[] records)
    {
        records = new byte[3 * Record];
        new Random(4).NextBytes(records);
        (records[0], records[Record], records[2 * Record]) = (7, 0, 9);
        var folder = new FileTree();
        folder.Write("cifar10/cifar-10-batches-bin/test_batch.bin", records);
        folder.Write("cifar10/cifar-10-batches-bin/batches.meta.txt", Names);
        return folder;
    }
}
