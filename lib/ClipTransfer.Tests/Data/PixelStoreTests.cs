using System.Runtime.InteropServices;
using ClipTransfer.Data;
using ClipTransfer.Runtime;

namespace ClipTransfer.Tests.Data;

public sealed class PixelStoreTests : IDisposable
{
    private const int N = 90;
    private readonly FileTree _folder = new();
    private readonly Counting _scenes = new(Scenes.Pairs(N, 4), "counted 1");
    private readonly PixelStoreOptions _disk;

    public PixelStoreTests() => _disk = new PixelStoreOptions { Cache = PixelCache.Disk, CacheFolder = _folder.Root };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Memory_and_disk_hold_the_very_pictures_of_the_source()
    {
        using var memory = PixelStore.Open(_scenes, 24, new PixelStoreOptions { Cache = PixelCache.Memory });
        using var disk = PixelStore.Open(_scenes, 24, _disk);
        Assert.Null(memory.CacheFile);
        Assert.True(File.Exists(disk.CacheFile));
        for (var i = 0; i < N; i++)
        {
            var expected = _scenes.ReadImage(i, 24).Pixels;
            Assert.Equal(expected, memory.Image(i).Pixels);
            Assert.Equal(expected, disk.Image(i).Pixels);
        }

        int[] images = [3, 80, 3, 0];
        using var a = memory.Gather(images);
        using var b = disk.Gather(images);
        Assert.Equal([4, 3, 24, 24], a.shape);
        Assert.True(a.Equals(b));
    }

    [Fact]
    public void A_second_run_decodes_nothing_and_other_settings_have_a_file_of_their_own()
    {
        using (var first = PixelStore.Open(_scenes, 24, _disk)) Assert.Equal(0, first.Report.FromCache);
        var reads = _scenes.Reads;
        using (var second = PixelStore.Open(_scenes, 24, _disk)) Assert.Equal(N, second.Report.FromCache);
        Assert.Equal(reads, _scenes.Reads);

        using (var larger = PixelStore.Open(_scenes, 32, _disk)) Assert.Equal(0, larger.Report.FromCache);
        using (var changed = PixelStore.Open(new Counting(Scenes.Pairs(N, 4), "counted 2"), 24, _disk)) Assert.Equal(0, changed.Report.FromCache);
        Assert.Equal(3, Directory.GetFiles(_folder.Root, "*.pixels").Length);
    }

    [Fact]
    public void What_is_missing_of_an_unfinished_file_is_decoded_and_no_more()
    {
        string file;
        using (var first = PixelStore.Open(_scenes, 24, _disk)) file = first.CacheFile!;
        var bytes = File.ReadAllBytes(file);
        Array.Clear(bytes, 64, 8); // not complete
        Array.Clear(bytes, 4096 + (8 * 20), 8 * 10); // ten pictures not there yet
        bytes[^5]++; // and one torn: the last
        File.WriteAllBytes(file, bytes);
        var reads = _scenes.Reads;
        using var resumed = PixelStore.Open(_scenes, 24, _disk);
        Assert.Equal(N - 11, resumed.Report.FromCache);
        Assert.Equal(reads + 11, _scenes.Reads);
        for (var i = 0; i < N; i++) Assert.Equal(_scenes.ReadImage(i, 24).Pixels, resumed.Image(i).Pixels);
    }

    [Fact]
    public void Damage_in_a_complete_file_is_found_on_first_use_and_mended_for_good()
    {
        string file;
        using (var first = PixelStore.Open(_scenes, 24, _disk)) file = first.CacheFile!;
        var bytes = File.ReadAllBytes(file);
        bytes[^100] ^= 1;
        File.WriteAllBytes(file, bytes);
        using (var damaged = PixelStore.Open(_scenes, 24, _disk))
        {
            Assert.Equal(_scenes.ReadImage(N - 1, 24).Pixels, damaged.Image(N - 1).Pixels);
            Assert.Equal(1, damaged.Mended);
        }

        using var next = PixelStore.Open(_scenes, 24, _disk);
        Assert.Equal(N - 1, next.Report.FromCache);
        Assert.Equal(_scenes.ReadImage(N - 1, 24).Pixels, next.Image(N - 1).Pixels);
        Assert.Equal(0, next.Mended);
    }

    [Fact]
    public void A_file_that_another_process_is_writing_is_not_marked_as_damaged_behind_its_back()
    {
        string file;
        using (var first = PixelStore.Open(_scenes, 24, _disk)) file = first.CacheFile!;
        var bytes = File.ReadAllBytes(file);
        bytes[^100] ^= 1;
        File.WriteAllBytes(file, bytes);
        using (var damaged = PixelStore.Open(_scenes, 24, _disk))
        using (PixelCacheFile.Of(_folder.Root, _scenes, 24).Lock(() => { }))
        {
            Assert.Equal(_scenes.ReadImage(N - 1, 24).Pixels, damaged.Image(N - 1).Pixels);
            Assert.Equal(1, damaged.Mended);
        }

        Assert.Equal(bytes, File.ReadAllBytes(file));
        using (var unlocked = PixelStore.Open(_scenes, 24, _disk)) unlocked.Image(N - 1);
        Assert.NotEqual(bytes, File.ReadAllBytes(file));
    }

    [Fact]
    public void An_error_of_reading_keeps_the_pictures_that_are_whole_and_only_a_full_disk_removes_them()
    {
        // One after the other, so that the first forty are written when the next cannot be read.
        foreach (var (code, kept) in new[] { (5, 40), (28, 0), (unchecked((int)0x80070070), 0) })
        {
            var name = FormattableString.Invariant($"failing {code}");
            var failing = new Counting(Scenes.Pairs(N, 4), name) { Fails = (40, code) };
            Assert.Contains("cannot be used", Assert.Throws<InputException>(() => PixelStore.Open(failing, 24, _disk with { Threads = 1 })).What, StringComparison.Ordinal);
            using var next = PixelStore.Open(new Counting(Scenes.Pairs(N, 4), name), 24, _disk);
            Assert.Equal(kept, next.Report.FromCache);
            for (var i = 0; i < N; i++) Assert.Equal(_scenes.ReadImage(i, 24).Pixels, next.Image(i).Pixels);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(5000)]
    public void A_file_cut_or_foreign_is_made_anew(int length)
    {
        string file;
        using (var first = PixelStore.Open(_scenes, 24, _disk)) file = first.CacheFile!;
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..length]);
        using (var again = PixelStore.Open(_scenes, 24, _disk)) Assert.Equal(0, again.Report.FromCache);
        File.WriteAllBytes(file, new byte[new FileInfo(file).Length]);
        using (var again = PixelStore.Open(_scenes, 24, _disk))
        {
            Assert.Equal(0, again.Report.FromCache);
            Assert.Equal(_scenes.ReadImage(7, 24).Pixels, again.Image(7).Pixels);
        }
    }

    [Fact]
    public void Broken_pictures_are_told_again_by_later_runs()
    {
        var source = new Counting(Scenes.Pairs(N, 4), "broken", broken: 41);
        var options = _disk with { MostBroken = 0.05 };
        for (var run = 0; run < 2; run++)
        {
            using var store = PixelStore.Open(source, 24, options);
            Assert.Equal(41, Assert.Single(store.Report.Broken).Image);
            Assert.Equal(run == 0 ? 0 : N - 1, store.Report.FromCache);
            Assert.DoesNotContain(41, store.Usable);
        }
    }

    [Fact]
    public void A_cache_folder_that_cannot_be_written_is_one_clear_error()
    {
        var file = _folder.Write("plain-file", "x");
        var error = Assert.Throws<InputException>(() => PixelStore.Open(_scenes, 24, _disk with { CacheFolder = Path.Combine(file, "cache") }));
        Assert.Contains("cannot be used", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Swapped_pictures_have_other_checksums()
    {
        byte[] zeros = new byte[24], ones = [.. Enumerable.Repeat((byte)1, 27)];
        Assert.NotEqual(PixelCacheFile.Checksum(zeros, 1), PixelCacheFile.Checksum(zeros, 2));
        var sums = new HashSet<ulong> { PixelCacheFile.Checksum(ones, 5) };
        for (var bit = 0; bit < ones.Length * 8; bit++)
        {
            var flipped = ones.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(sums.Add(PixelCacheFile.Checksum(flipped, 5)));
        }
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void A_writer_killed_at_any_moment_leaves_a_cache_that_the_next_one_completes()
    {
        const int Count = 6000;
        var random = new Random(1);
        for (var kill = 0; kill < 6; kill++)
        {
            using var process = PixelWriterProcess.Start(_folder.Root, Count);
            // Wait until it has written some more, then kill it at once: in the middle of a picture, mostly.
            var enough = Written() + random.Next(1, 700);
            while (!process.HasExited && Written() < enough) Thread.Sleep(1);
            process.Kill();
            process.WaitForExit();
        }

        var written = Written();
        Assert.InRange(written, 6, Count - 1);
        var source = PixelWriterProcess.Source(Count);
        using var store = PixelStore.Open(source, 48, _disk);
        Assert.InRange(store.Report.FromCache, 6, written); // whole ones are kept, a torn one is not
        Assert.Equal(Count, store.Usable.Count);
        for (var i = 0; i < Count; i++) Assert.True(source.ReadImage(i, 48).Pixels.AsSpan().SequenceEqual(store.Image(i).Pixels), $"picture {i}");
        Assert.Equal(0, store.Mended);

        int Written()
        {
            if (Directory.GetFiles(_folder.Root, "*.pixels") is not [var file]) return 0;
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var sums = new byte[8 * Count];
            stream.Position = PixelCacheFile.ChecksumsAt;
            var read = stream.ReadAtLeast(sums, sums.Length, throwOnEndOfStream: false);
            var found = MemoryMarshal.Cast<byte, ulong>(sums.AsSpan(0, read));
            return found.Length - found.Count(0UL);
        }
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void Two_writers_at_once_make_one_good_file_and_neither_decodes_twice()
    {
        const int Count = 3000;
        using var one = PixelWriterProcess.Start(_folder.Root, Count);
        using var two = PixelWriterProcess.Start(_folder.Root, Count);
        var reports = new[] { one.StandardOutput.ReadToEnd(), two.StandardOutput.ReadToEnd() };
        one.WaitForExit();
        two.WaitForExit();
        Assert.Equal((0, 0), (one.ExitCode, two.ExitCode));
        // Together they decoded each picture once: one all of them, the other none.
        Assert.Equal(1, reports.Count(r => r.Contains($"{Count} decoded", StringComparison.Ordinal)));
        Assert.Equal(1, reports.Count(r => r.Contains($"0 decoded, {Count} from the cache", StringComparison.Ordinal)));
        using var store = PixelStore.Open(PixelWriterProcess.Source(Count), 48, _disk);
        Assert.Equal(Count, store.Report.FromCache);
        for (var i = 0; i < Count; i += 7) Assert.Equal(PixelWriterProcess.Source(Count).ReadImage(i, 48).Pixels, store.Image(i).Pixels);
    }

    /// <summary>Counts how often pictures are read; one of them can be broken.</summary>
    private sealed class Counting(IImageSource source, string fingerprint, int broken = -1) : IImageSource
    {
        private int _reads;

        public int Reads => _reads;

        /// <summary>The first picture that fails by an error of the system, and its code.</summary>
        public (int From, int Code)? Fails { get; init; }

        public string Name => source.Name;

        public string Description => source.Description;

        public int Count => source.Count;

        public string Fingerprint => fingerprint;

        public RgbImage ReadImage(int image, int size)
        {
            Interlocked.Increment(ref _reads);
            if (Fails is { } fails && image >= fails.From) throw new IOException("failing on purpose", fails.Code);
            return image == broken ? throw new InputException($"{image}", "is broken on purpose", "None") : source.ReadImage(image, size);
        }
    }
}
