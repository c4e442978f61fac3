using System.Formats.Tar;
using System.IO.Compression;
using ClipTransfer.Data;
using ClipTransfer.Runtime;

namespace ClipTransfer.Tests.Data;

/// <summary>Archives that a stranger made: what they may do is unpack below one folder, and nothing else.</summary>
public sealed class ArchiveUnpackingTests : IDisposable
{
    private readonly FileTree _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("../out.txt")]
    [InlineData("a/../../out.txt")]
    [InlineData("/tmp/out.txt")]
    [InlineData("a\\..\\..\\out.txt")]
    [InlineData("C:/out.txt")]
    [InlineData("a/CON.txt")]
    public void No_entry_leaves_its_folder(string name)
    {
        var tar = _folder.Write("evil.tar", TarTests.Tar(TarEntryFormat.Pax, [("good.txt", [1]), (name, [2])]));
        var error = Assert.Throws<InputException>(() => ArchiveUnpacking.Unpack(tar, _folder.Path("into/set")));
        Assert.StartsWith($"{tar}: '", error.Where, StringComparison.Ordinal);
        var zip = _folder.Write("evil.zip", Zip([("good.txt", [1]), (name, [2])]));
        Assert.Throws<InputException>(() => ArchiveUnpacking.Unpack(zip, _folder.Path("into/set")));
        Assert.Equal(2, Directory.EnumerateFiles(_folder.Root, "*", SearchOption.AllDirectories).Count()); // the two archives, nothing else
    }

    [Fact]
    public void Links_doubles_and_bombs_are_refused_and_leave_nothing()
    {
        using (var stream = File.Create(_folder.Path("link.tar")))
        using (var writer = new TarWriter(stream))
        {
            writer.WriteEntry(new PaxTarEntry(System.Formats.Tar.TarEntryType.SymbolicLink, "link") { LinkName = "/etc" });
        }

        Assert.Equal("is a link", Assert.Throws<InputException>(() => ArchiveUnpacking.Unpack(_folder.Path("link.tar"), _folder.Path("set"))).What);
        var zipped = Zip([("link", "/etc"u8.ToArray())], attributes: unchecked((int)0xA1FF0000));
        Assert.Equal("is a link", Assert.Throws<InputException>(() => ArchiveUnpacking.Unpack(_folder.Write("link.zip", zipped), _folder.Path("set"))).What);
        Assert.Equal("is there twice", Assert.Throws<InputException>(() => ArchiveUnpacking.Unpack(_folder.Write("twice.tar", TarTests.Tar(TarEntryFormat.Ustar, [("a", [1]), ("a", [2])])), _folder.Path("set"))).What);
        var bomb = TarTests.Gzip(TarTests.Tar(TarEntryFormat.Ustar, [("zeros", new byte[5_000_000])]));
        Assert.True(bomb.Length < 10_000);
        var error = Assert.Throws<InputException>(() => ArchiveUnpacking.Unpack(_folder.Write("bomb.tgz", bomb), _folder.Path("set"), new ArchiveLimits { Spare = 1000 }));
        Assert.Contains("goes beyond", error.What, StringComparison.Ordinal);
        Assert.Contains("more than 1 entries", Assert.Throws<InputException>(() => ArchiveUnpacking.Unpack(_folder.Path("twice.tar"), _folder.Path("set"), new ArchiveLimits { Entries = 1 })).What, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => ArchiveUnpacking.Unpack(_folder.Write("cut.tgz", bomb[..100]), _folder.Path("set")));
        Assert.False(Directory.Exists(_folder.Path("set")));
        Assert.Empty(Directory.EnumerateDirectories(_folder.Root));
    }

    [Theory]
    [InlineData("set.tar")]
    [InlineData("set.tar.gz")]
    [InlineData("plain.tar.gz")] // as ImageNetV2's: not packed at all
    [InlineData("set.zip")]
    public void A_good_archive_is_unpacked_beside_what_is_there_but_never_over_it(string name)
    {
        (string, byte[])[] files = [("x/a.txt", [1, 2]), ("x/y/b.txt", new byte[3000]), ("c.txt", [])];
        var bytes = name.EndsWith("zip", StringComparison.Ordinal) ? Zip(files) : name == "set.tar.gz" ? TarTests.Gzip(TarTests.Tar(TarEntryFormat.Ustar, files)) : TarTests.Tar(TarEntryFormat.Ustar, files);
        var archive = _folder.Write(name, bytes);
        _folder.Write("set/x/own.txt", "mine");
        Assert.Equal(3, ArchiveUnpacking.Unpack(archive, _folder.Path("set")));
        foreach (var (file, content) in files) Assert.Equal(content, File.ReadAllBytes(_folder.Path($"set/{file}")));
        Assert.Equal("mine", File.ReadAllText(_folder.Path("set/x/own.txt")));
        Assert.Contains("is there already", Assert.Throws<InputException>(() => ArchiveUnpacking.Unpack(archive, _folder.Path("set"))).What, StringComparison.Ordinal);
    }

    private static byte[] Zip(IEnumerable<(string Name, byte[] Bytes)> files, int attributes = 0)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create))
        {
            foreach (var (name, bytes) in files)
            {
                var entry = zip.CreateEntry(name);
                entry.ExternalAttributes = attributes;
                using var content = entry.Open();
                content.Write(bytes);
            }
        }

        return stream.ToArray();
    }
}
