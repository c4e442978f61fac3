using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using ClipTransfer.Data;
using ClipTransfer.Runtime;
using CsCheck;
using SkiaSharp;

namespace ClipTransfer.Tests.Data;

/// <summary>Tar files are written by .NET's own writer, which shares no line with our reader.</summary>
public sealed class TarTests : IDisposable
{
    private readonly FileTree _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(TarEntryFormat.V7)]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    public void Every_format_of_the_system_writer_is_read_where_the_bytes_lie(TarEntryFormat format)
    {
        var random = new Random(5);
        var files = Enumerable.Range(0, 20).Select(i => (Name: $"a/{(format is TarEntryFormat.Pax or TarEntryFormat.Gnu ? new string('x', 12 * i) : "x")}{i}{(format == TarEntryFormat.Pax ? "ö" : "")}.bin", Bytes: Bytes(random, i * 101))).ToArray();
        var tar = Tar(format, files);
        foreach (var stream in new Stream[] { new MemoryStream(tar), new Forward(tar) })
        {
            var reader = new TarStream(stream, "t.tar");
            foreach (var (name, bytes) in files)
            {
                var entry = reader.Next()!.Value;
                Assert.Equal((name, TarEntryKind.File, bytes.LongLength), (entry.Name, entry.Kind, entry.Length));
                Assert.Equal(bytes, tar.AsSpan((int)entry.DataAt, bytes.Length).ToArray());
                if (bytes.Length % 2 == 0) continue; // skipped without being read
                using var copy = new MemoryStream();
                reader.CopyTo(copy);
                Assert.Equal(bytes, copy.ToArray());
            }

            Assert.Null(reader.Next());
        }
    }

    [Fact]
    public void A_base_256_size_and_a_prefix_are_understood()
    {
        var tar = Tar(TarEntryFormat.Ustar, [("name", new byte[700])]);
        Encoding.ASCII.GetBytes("some/folder").CopyTo(tar, 345); // ustar's prefix
        tar.AsSpan(124, 12).Clear();
        tar[124] = 0x80;
        (tar[134], tar[135]) = (700 >> 8, 700 & 255);
        Checksum(tar);
        var entry = new TarStream(new MemoryStream(tar), "t.tar").Next()!.Value;
        Assert.Equal(("some/folder/name", 700L), (entry.Name, entry.Length));
    }

    [Fact]
    public void A_cut_a_changed_header_and_a_missing_end_are_one_clear_error()
    {
        var tar = Tar(TarEntryFormat.Ustar, [("one", new byte[700]), ("two", new byte[100])]);
        Assert.Contains("is cut inside 'one'", Error(tar[..900]).What, StringComparison.Ordinal);
        Assert.Contains("ends without its end mark", Error(tar[..(512 + 1024)]).What, StringComparison.Ordinal);
        var changed = (byte[])tar.Clone();
        changed[512 + 1024 + 3]++;
        var error = Error(changed);
        Assert.Equal(("t.tar byte 1536", "is no tar header (its checksum is wrong)"), (error.Where, error.What));
        Assert.Equal("is empty", Error([]).What);

        static InputException Error(byte[] bytes) => Assert.Throws<InputException>(() => Names(bytes));
    }

    [Fact]
    public void Shards_give_the_pictures_and_captions_that_a_folder_gives()
    {
        var random = new Random(8);
        List<(string, byte[])> entries = [("readme.md", "x"u8.ToArray())];
        for (var i = 0; i < 7; i++)
        {
            var jpeg = Pictures.Halves(20 + i, 30, SKColors.Red, SKColors.Blue);
            _folder.Write($"folder/{i:0000}.jpg", jpeg);
            _folder.Write($"folder/{i:0000}.txt", $"caption {i}\n");
            entries.AddRange([($"{i:0000}.jpg", jpeg), ($"{i:0000}.json", """{"caption":"of the note","url":"u"}"""u8.ToArray()), ($"{i:0000}.txt", Encoding.UTF8.GetBytes($"caption {i}\n"))]);
        }

        _folder.Write("shards/00000.tar", Tar(TarEntryFormat.Ustar, entries[..10]));
        _folder.Write("shards/00001.tar", Tar(TarEntryFormat.Ustar, []));
        _folder.Write("shards/00002.tar", Tar(TarEntryFormat.Pax, entries[10..]));
        using var shards = TarShards.Open(_folder.Path("shards"), "set");
        var folder = ImageTextFolder.Open(_folder.Path("folder"), "set");
        Assert.Equal((7, 7), (shards.Count, folder.Count));
        for (var i = 0; i < 7; i++)
        {
            Assert.Equal([$"caption {i}"], shards.Captions(i));
            Assert.Equal(folder.Captions(i), shards.Captions(i));
            Assert.Equal(folder.ReadImage(i, 16).Pixels, shards.ReadImage(i, 16).Pixels);
            Assert.EndsWith($"tar/{i:0000}.jpg", shards.ImageName(i), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Samples_without_picture_or_caption_and_odd_captions_are_counted_and_named()
    {
        var jpeg = Pictures.Halves(20, 20, SKColors.Red, SKColors.Blue);
        _folder.Write("s/0.tar", Tar(TarEntryFormat.Ustar, [
            ("a.jpg", jpeg), ("a.json", """{"caption":"from the note"}"""u8.ToArray()), ("b.jpg", jpeg), ("c.txt", "lost"u8.ToArray()), ("d.jpg", jpeg), ("d.txt", " \n"u8.ToArray()),
            ("e.jpg", jpeg), ("e.txt", "bell\u0007 and \0 nul"u8.ToArray()), ("f.jpg", jpeg[..50]), ("f.txt", "broken"u8.ToArray())]));
        using var shards = TarShards.Open(_folder.Path("s"));
        Assert.Equal(["from the note", "bell and nul", "broken"], Enumerable.Range(0, shards.Count).Select(i => shards.Captions(i)[0]));
        Assert.Equal(2, shards.Remarks.Single(r => r.What == "picture without a caption").Count);
        Assert.Equal(["0.tar: b", "0.tar: d"], shards.Remarks.Single(r => r.What == "picture without a caption").Places);
        Assert.Equal(["0.tar: c"], shards.Remarks.Single(r => r.What == "caption without a picture").Places);
        Assert.Equal(["0.tar: e"], shards.Remarks.Single(r => r.What == "caption with control characters").Places);
        Assert.Throws<InputException>(() => shards.ReadImage(2, 8));
    }

    [Fact]
    public void Any_bytes_are_a_tar_file_or_an_input_error() => Fuzz(500);

    [Fact]
    [Trait("Category", "Slow")]
    public void Any_bytes_are_a_tar_file_or_an_input_error_at_length() => Fuzz(10_000);

    internal static byte[] Tar(TarEntryFormat format, IEnumerable<(string Name, byte[] Bytes)> files)
    {
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, leaveOpen: true))
        {
            foreach (var (name, bytes) in files)
            {
                System.Formats.Tar.TarEntry entry = format switch
                {
                    TarEntryFormat.V7 => new V7TarEntry(TarEntryType.V7RegularFile, name),
                    TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
                    TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name),
                    _ => new PaxTarEntry(TarEntryType.RegularFile, name),
                };
                entry.DataStream = new MemoryStream(bytes);
                writer.WriteEntry(entry);
            }
        }

        // The writer puts no end mark behind no entry.
        return stream.Length == 0 ? new byte[1024] : stream.ToArray();
    }

    internal static byte[] Gzip(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal)) gzip.Write(bytes);
        return stream.ToArray();
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static List<string> Names(byte[] tar)
    {
        var names = new List<string>();
        var reader = new TarStream(new MemoryStream(tar), "t.tar");
        while (reader.Next() is { } entry) names.Add(entry.Name);
        return names;
    }

    private static void Checksum(byte[] header)
    {
        Encoding.ASCII.GetBytes("        ").CopyTo(header, 148);
        Encoding.ASCII.GetBytes(Convert.ToString(header.Take(512).Sum(b => b), 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
    }

    private void Fuzz(int inputs)
    {
        var jpeg = Pictures.Halves(8, 8, SKColors.Red, SKColors.Blue);
        byte[][] seeds = [.. new[] { TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu }.Select(f => Tar(f, [("a.jpg", jpeg), ("a.txt", "one"u8.ToArray()), ($"{new string('n', f == TarEntryFormat.Ustar ? 3 : 300)}.json", """{"caption":"x"}"""u8.ToArray())]))];
        var (taken, refused) = (0, 0);
        Gen.Select(Gen.Int[0, seeds.Length - 1], Gen.Int, Gen.Bool).Sample(
            (which, seed, mend) =>
            {
                var bytes = FuzzBudget.Damaged(seeds[which], seed);
                // A wrong checksum would hide what else is wrong behind it.
                for (var at = 0; mend && at + 512 <= bytes.Length; at += 512)
                {
                    if (bytes.AsSpan(at + 257, 5).SequenceEqual("ustar"u8)) MendAt(bytes, at);
                }

                var file = _folder.Write("fuzz/f.tar", bytes);
                var ok = FuzzBudget.Holds(bytes.Length, () =>
                {
                    using var shard = new TarShard(file);
                    for (var i = 0; i < shard.Count; i++)
                    {
                        Assert.NotEqual("", shard.Caption(i));
                        Assert.NotEqual("", shard.Name(i));
                    }
                });
                if (ok) taken++;
                else refused++;
            },
            iter: inputs, threads: 1);
        Assert.True(taken > inputs / 50 && refused > inputs / 50, $"{taken} taken, {refused} refused: one side was hardly tried");
    }

    private static void MendAt(byte[] bytes, int at)
    {
        var header = bytes.AsSpan(at, 512).ToArray();
        Checksum(header);
        header.CopyTo(bytes, at);
    }

    /// <summary>A stream that cannot be sought, as a gzip stream.</summary>
    private sealed class Forward(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
