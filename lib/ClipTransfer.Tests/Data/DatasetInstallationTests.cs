using System.Formats.Tar;
using System.Security.Cryptography;
using ClipTransfer.Data;
using ClipTransfer.Notebooks;
using ClipTransfer.Runtime;

namespace ClipTransfer.Tests.Data;

public sealed class DatasetInstallationTests : IDisposable
{
    private readonly FileTree _folder = new();
    private readonly byte[] _archive = TarTests.Gzip(TarTests.Tar(TarEntryFormat.Ustar, [
        ("cifar-10-batches-bin/test_batch.bin", new byte[2 * 3073]), ("cifar-10-batches-bin/data_batch_1.bin", new byte[3073])]));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_set_is_fetched_unpacked_and_verified()
    {
        await using var server = new FaultyServer(c => c.GoodAsync(_archive, cutAfter: c.Number == 0 ? 100 : null));
        var check = await Get(Entry(server), keep: false);
        Assert.Equal("cifar10: ok, train subset 1 of 50000, test subset 2 of 10000", check.ToString());
        Assert.Equal(["cifar10"], Directory.GetFileSystemEntries(_folder.Root).Select(Path.GetFileName));
        var error = await Assert.ThrowsAsync<InputException>(() => Get(Entry(server), keep: false));
        Assert.Equal("is there already", error.What);
        Assert.Equal([0, 100], server.Starts);
    }

    [Fact]
    public async Task Kept_archives_are_verified_by_their_hash()
    {
        await using var server = new FaultyServer(c => c.GoodAsync(_archive));
        // The release's own archive is another: its published hash cannot fit ours.
        Assert.EndsWith("test subset 2 of 10000", (await Get(Entry(server), keep: true)).ToString(), StringComparison.Ordinal);
        var kept = _folder.Path("downloads/cifar10/cifar-10-binary.tar.gz");
        Assert.Equal(_archive, File.ReadAllBytes(kept));
        var check = Assert.Single(DatasetCatalog.Verify(_folder.Root));
        Assert.True(check.Damaged);
        Assert.Contains($"{kept}: has {_archive.Length} bytes, the release has 170052171", check.ToString(), StringComparison.Ordinal);
        var (code, text) = await Invoke("data", "verify", "--data", _folder.Root);
        Assert.Equal(1, code);
        Assert.Contains("cifar-10-binary.tar.gz", text.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_archive_that_fails_does_not_fetch_the_first_again()
    {
        await using var server = new FaultyServer(c => c.Number == 1 ? c.HeadAsync("404 Not Found", "Content-Length: 0") : c.GoodAsync(c.Number == 0 ? _archive : "note"u8.ToArray()));
        var first = Archive(server, "cifar-10-binary.tar.gz", _archive);
        var second = Archive(server, "note.txt", "note"u8.ToArray());
        var entry = DatasetCatalog.Find("cifar10") with { Archives = [first, second] };
        await Assert.ThrowsAsync<InputException>(() => Get(entry, keep: false));
        await Get(entry, keep: false);
        Assert.Equal(3, server.Starts.Count); // first, second refused, second
        Assert.Equal("note", File.ReadAllText(_folder.Path("cifar10/note.txt")));
    }

    [Fact]
    public async Task Sets_behind_an_agreement_say_where_they_are()
    {
        var error = await Assert.ThrowsAsync<InputException>(() => Get(DatasetCatalog.Find("cc3m"), keep: false));
        Assert.Contains("https://ai.google.com/research/ConceptualCaptions/", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_licence_is_shown_and_must_be_agreed_to()
    {
        var (code, text) = await Invoke("data", "get", "cifar10", "--data", _folder.Root);
        Assert.Equal(2, code);
        Assert.Contains("licence: No licence stated", text, StringComparison.Ordinal);
        Assert.Contains("was not agreed to", text, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
        (code, text) = await Invoke("data", "get", "weights/nonsense", "--data", _folder.Root);
        Assert.Equal(2, code);
        Assert.Contains("are not known", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Weights_that_are_found_are_listed_and_checked_by_length_and_hash()
    {
        var entry = ClipTransfer.Models.Weights.WeightsCatalog.Entries.First(e => e.Files[0].Sha256 is not null);
        var (code, text) = await Invoke("data", "verify", $"weights/{entry.Name}", "--data", _folder.Root);
        Assert.Equal(2, code);
        var file = _folder.Write($"weights/{entry.Name}/{entry.Files[0].File}", "other"u8.ToArray());
        (code, text) = await Invoke("data", "list", "--data", _folder.Root);
        Assert.Matches($"weights/{entry.Name} +here", text);
        foreach (var name in new[] { $"weights/{entry.Name}", null })
        {
            (code, text) = await Invoke(["data", "verify", .. name is null ? Array.Empty<string>() : [name], "--data", _folder.Root]);
            Assert.Equal(1, code);
            Assert.Contains(file, text.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_folder_is_imported_after_it_was_checked(bool link)
    {
        using var elsewhere = new FileTree();
        elsewhere.Write("some/cifar-10-batches-bin/test_batch.bin", new byte[3073]);
        foreach (var path in new[] { "some", "some/cifar-10-batches-bin" })
        {
            using var data = new FileTree();
            var (code, text) = await Invoke(["data", "import", "cifar10", Path.Combine(elsewhere.Root, path), "--data", data.Root, .. link ? ["--link"] : Array.Empty<string>()]);
            Assert.True(code == 0, text);
            Assert.Contains("cifar10: ok, train absent, test subset 1 of 10000", text, StringComparison.Ordinal);
            Assert.Equal(1, Cifar10.Open(data.Root, "test").Count);
            (code, text) = await Invoke("data", "import", "cifar10", elsewhere.Root, "--data", data.Root);
            Assert.Equal(2, code);
            Assert.Contains("is there already", text, StringComparison.Ordinal);
        }

        elsewhere.Write("some/cifar-10-batches-bin/test_batch.bin", new byte[3072]);
        var (bad, message) = await Invoke("data", "import", "cifar10", Path.Combine(elsewhere.Root, "some"), "--data", _folder.Root);
        Assert.Equal(2, bad);
        Assert.Contains("is cut inside record 0", message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void An_archive_is_imported_only_with_the_published_hash()
    {
        var file = _folder.Write("from/cifar-10-binary.tar.gz", _archive);
        var entry = DatasetCatalog.Find("cifar10");
        Assert.Contains("the release has 170052171", Assert.Throws<InputException>(() => DatasetInstallation.Import(entry, file, _folder.Path("data/x")[..^2], false, TextWriter.Null)).What, StringComparison.Ordinal);
        var ours = entry with { Archives = [entry.Archives[0] with { Bytes = _archive.Length, Sha256 = Hash(_archive) }] };
        Assert.Equal("cifar10: ok, train subset 1 of 50000, test subset 2 of 10000", DatasetInstallation.Import(ours, file, _folder.Path("data/x")[..^2], false, TextWriter.Null).ToString());
        var pets = _folder.Write("from/annotations.tar.gz", TarTests.Gzip(TarTests.Tar(TarEntryFormat.Ustar, [("annotations/test.txt", "Abyssinian_1 1 1 1\n"u8.ToArray())])));
        var both = DatasetCatalog.Find("pets");
        both = both with { Archives = [both.Archives[0], both.Archives[1] with { Bytes = new FileInfo(pets).Length, Sha256 = Hash(File.ReadAllBytes(pets)) }] };
        var half = DatasetInstallation.Import(both, pets, _folder.Path("data/x")[..^2], false, TextWriter.Null);
        Assert.False(half.Damaged); // the pictures come in the other archive
        Assert.Contains("is no archive of CIFAR-10", Assert.Throws<InputException>(() => DatasetInstallation.Import(entry, _folder.Write("from/other.zip", [1]), _folder.Root, false, TextWriter.Null)).What, StringComparison.Ordinal);
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static DatasetArchive Archive(FaultyServer server, string name, byte[] bytes) => new(server.Address(name), bytes.Length, Hash(bytes), null, "cifar10");

    private static async Task<(int Code, string Text)> Invoke(params string[] args)
    {
        await using var output = new StringWriter();
        var code = await CommandLine.InvokeAsync(args, root: AppContext.BaseDirectory, output, output);
        return (code, output.ToString());
    }

    private DatasetEntry Entry(FaultyServer server) => DatasetCatalog.Find("cifar10") with { Archives = [Archive(server, "cifar-10-binary.tar.gz", _archive)] };

    private async Task<DatasetCheck> Get(DatasetEntry entry, bool keep)
    {
        using var downloader = new Downloader(new DownloadOptions { Pause = TimeSpan.FromMilliseconds(1), Progress = null });
        return await DatasetInstallation.GetAsync(entry, _folder.Root, downloader, keep, TextWriter.Null);
    }
}
