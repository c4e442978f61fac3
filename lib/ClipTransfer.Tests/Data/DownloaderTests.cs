using System.Security.Cryptography;
using ClipTransfer.Data;
using ClipTransfer.Runtime;

namespace ClipTransfer.Tests.Data;

/// <summary>Against a server on this machine that misbehaves in every way that servers and proxies do.</summary>
public sealed class DownloaderTests : IDisposable
{
    private readonly FileTree _folder = new();
    private readonly byte[] _file = new byte[300_000];
    private readonly DownloadOptions _options = new() { Pause = TimeSpan.FromMilliseconds(1), Attempts = 3, Progress = null };

    public DownloaderTests() => new Random(3).NextBytes(_file);

    private string Target => _folder.Path("set.tar");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_is_fetched_checked_and_never_fetched_twice()
    {
        await using var server = new FaultyServer(c => c.GoodAsync(_file));
        await using var shown = new StringWriter();
        using var downloader = new Downloader(_options with { Progress = shown });
        var fetched = await downloader.FetchAsync(Published(server), Target);
        Assert.Equal((_file.Length, "sha256"), (fetched.Bytes, fetched.Checked));
        Assert.Equal(_file, File.ReadAllBytes(Target));
        Assert.Equal([Target], Directory.GetFiles(_folder.Root)); // no part, no note
        Assert.Contains("set.tar 300/300 kB", shown.ToString(), StringComparison.Ordinal);
        await downloader.FetchAsync(Published(server), Target);
        Assert.Equal([0], server.Starts);
    }

    [Fact]
    public async Task A_connection_cut_off_is_made_anew_from_the_byte_where_it_ended()
    {
        await using var server = new FaultyServer(c => c.GoodAsync(_file, cutAfter: c.Number < 2 ? 100_000 : null));
        await Fetch(Published(server));
        Assert.Equal([0, 100_000, 200_000], server.Starts);
        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Fact]
    public async Task A_server_that_stalls_is_asked_again()
    {
        await using var server = new FaultyServer(async c =>
        {
            await c.GoodAsync(_file, cutAfter: c.Number == 0 ? 1000 : null);
            if (c.Number == 0) await c.NothingMoreAsync();
        });
        using var downloader = new Downloader(_options with { Stall = TimeSpan.FromSeconds(1) });
        await downloader.FetchAsync(Published(server), Target);
        Assert.Contains(1000, server.Starts);
        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Fact]
    public async Task One_that_stops_for_good_is_an_error_that_leaves_the_part()
    {
        await using var server = new FaultyServer(c => c.Number == 0 ? c.GoodAsync(_file, cutAfter: 5000) : c.HeadAsync("503 Service Unavailable", "Content-Length: 0"));
        var error = await Assert.ThrowsAsync<InputException>(() => Fetch(Published(server)));
        Assert.Contains("503 Service Unavailable at byte 5000, 3 times in a row", error.What, StringComparison.Ordinal);
        Assert.Equal(5000, new FileInfo(Target + ".part").Length);
        Assert.False(File.Exists(Target));
    }

    [Fact]
    public async Task An_interrupted_download_leaves_a_part_that_the_next_run_goes_on_from()
    {
        using var stop = new CancellationTokenSource();
        await using (var server = new FaultyServer(async c =>
        {
            await c.GoodAsync(_file, cutAfter: 50_000);
            await c.NothingMoreAsync();
        }))
        {
            using var downloader = new Downloader(_options);
            var running = downloader.FetchAsync(Published(server), Target, stop.Token);
            while (!File.Exists(Target + ".part") || new FileInfo(Target + ".part").Length < 50_000) await Task.Delay(5);
            await stop.CancelAsync(); // what Ctrl-C does
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        }

        Assert.Equal(_file[..50_000], File.ReadAllBytes(Target + ".part"));
        await using var again = new FaultyServer(c => c.GoodAsync(_file));
        // Another port is another address: the note must be of the same one.
        var note = File.ReadAllText(Target + ".part.json");
        File.WriteAllText(Target + ".part.json", System.Text.RegularExpressions.Regex.Replace(note, @"127\.0\.0\.1:\d+", new Uri(again.Address("")).Authority));
        await Fetch(Published(again));
        Assert.Equal([50_000], again.Starts);
        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Fact]
    public async Task A_server_that_ignores_ranges_sends_the_whole_again_and_it_is_right()
    {
        await using var server = new FaultyServer(async c =>
        {
            await c.HeadAsync("200 OK", $"Content-Length: {_file.Length}");
            await c.BodyAsync(_file.AsMemory(0, c.Number == 0 ? 70_000 : _file.Length));
        });
        await Fetch(Published(server));
        Assert.Equal([0, 70_000], server.Starts);
        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Fact]
    public async Task One_that_ignores_ranges_and_always_cuts_at_one_byte_is_given_up()
    {
        await using var server = new FaultyServer(async c =>
        {
            await c.HeadAsync("200 OK", $"Content-Length: {_file.Length}");
            await c.BodyAsync(_file.AsMemory(0, 70_000));
        });
        await Assert.ThrowsAsync<InputException>(() => Fetch(Published(server)));
        Assert.Equal(4, server.Starts.Count); // one that came further, then three that did not
    }

    [Fact]
    public async Task Another_range_than_was_asked_for_is_not_glued_on()
    {
        await using var server = new FaultyServer(async c =>
        {
            if (c.Number != 1)
            {
                await c.GoodAsync(_file, cutAfter: c.Number == 0 ? 1000 : null);
                return;
            }

            await c.HeadAsync("206 Partial Content", "Content-Length: 10", $"Content-Range: bytes 0-9/{_file.Length}");
            await c.BodyAsync(_file.AsMemory(0, 10));
        });
        await Fetch(Published(server));
        Assert.Equal([0, 1000, 0], server.Starts);
        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Fact]
    public async Task A_file_that_changed_between_two_connections_is_fetched_from_its_start()
    {
        byte[] newer = [.. _file];
        newer[5]++;
        await using var server = new FaultyServer(c => c.Number == 0 ? c.GoodAsync(_file, "\"v1\"", cutAfter: 9000) : c.GoodAsync(newer, "\"v2\""));
        await Fetch(new DownloadFile(server.Address("set.tar"), newer.Length, Hash(newer)));
        Assert.Equal(newer, File.ReadAllBytes(Target));
    }

    [Theory]
    [InlineData(299_999)] // claims less than the release has
    [InlineData(300_001)] // claims more
    public async Task A_length_that_is_not_the_published_one_is_an_error_at_once(int claimed)
    {
        await using var server = new FaultyServer(async c =>
        {
            await c.HeadAsync("200 OK", $"Content-Length: {claimed}");
            await c.BodyAsync(_file);
        });
        var error = await Assert.ThrowsAsync<InputException>(() => Fetch(Published(server)));
        Assert.Contains($"offers {claimed} bytes, the release has 300000", error.What, StringComparison.Ordinal);
        Assert.Single(server.Starts);
    }

    [Fact]
    public async Task A_body_without_a_length_that_does_not_end_is_stopped()
    {
        await using var server = new FaultyServer(async c =>
        {
            await c.HeadAsync("200 OK");
            while (!c.End.IsCancellationRequested) await c.BodyAsync(_file);
        });
        var error = await Assert.ThrowsAsync<InputException>(() => Fetch(Published(server)));
        Assert.Contains("sends more than 300000 bytes", error.What, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<InputException>(async () =>
        {
            using var downloader = new Downloader(_options with { MostBytes = 1_000_000 });
            await downloader.FetchAsync(new DownloadFile(server.Address("unknown.bin")), _folder.Path("unknown.bin"));
        });
        Assert.Contains("sends more than 1000000 bytes", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_hash_is_an_error_and_leaves_nothing_behind()
    {
        byte[] other = [.. _file];
        other[^1]++;
        await using var server = new FaultyServer(c => c.GoodAsync(other));
        var error = await Assert.ThrowsAsync<InputException>(() => Fetch(Published(server)));
        Assert.Equal("set.tar", error.Where);
        Assert.Contains($"has the sha256 {Hash(other)}, the release has {Hash(_file)}", error.What, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Root));
        error = await Assert.ThrowsAsync<InputException>(() => Fetch(new DownloadFile(server.Address("set.tar"), Md5: new string('0', 32))));
        Assert.Contains("has the md5", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_spoilt_on_disk_is_found_by_the_hash_and_fetched_from_its_start()
    {
        await using var server = new FaultyServer(c => c.GoodAsync(_file));
        _folder.Write("set.tar.part", new byte[1000]);
        _folder.Write("set.tar.part.json", $$"""{"Address":"{{server.Address("set.tar")}}","Condition":"\u0022v1\u0022"}""");
        await Fetch(Published(server));
        Assert.Equal([1000, 0], server.Starts);
        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Theory]
    [InlineData("404 Not Found")]
    [InlineData("403 Forbidden")]
    public async Task A_refusal_is_one_clear_error(string status)
    {
        await using var server = new FaultyServer(c => c.HeadAsync(status, "Content-Length: 0"));
        var error = await Assert.ThrowsAsync<InputException>(() => Fetch(Published(server)));
        Assert.Equal(($"the server answers {status}", server.Address("set.tar")), (error.What, error.Where));
        Assert.Single(server.Starts);
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private DownloadFile Published(FaultyServer server) => new(server.Address("set.tar"), _file.Length, Hash(_file));

    private async Task Fetch(DownloadFile file)
    {
        using var downloader = new Downloader(_options);
        await downloader.FetchAsync(file, Target);
    }
}
