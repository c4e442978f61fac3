using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using ClipTransfer.Runtime;
using TorchSharp;

namespace ClipTransfer.Data;

/// <summary>All pictures of a source, decoded and resized once: <c>[N, 3, S, S] uint8</c>.</summary>
/// <remarks>
/// Decoding a photograph costs more than a small encoder's step on it, so it is done once, on all cores, and kept in a memory-mapped file: later runs
/// and other processes share it, and resident memory stays small however large the set is. What is random about a picture (crop,
/// flip) happens later, on the device. Broken pictures are left out of <see cref="Usable"/> and told by <see cref="Report"/>. Safe to read from several threads.
/// </remarks>
public sealed unsafe class PixelStore : IDisposable
{
    private const long SmallGenerated = 256L << 20;
    private readonly PixelMemory _memory;
    private readonly IImageSource _source;
    private readonly PixelCacheFile? _file;
    private readonly byte* _sums;
    private readonly byte* _pixels;
    private readonly bool[] _tested = [];
    private readonly ConcurrentDictionary<int, byte[]> _mended = new();
    private bool _disposed;

    private PixelStore(IImageSource source, int size, PixelMemory memory, PixelCacheFile? file, IReadOnlyList<BrokenImage> broken, double seconds, int fromCache, IReadOnlyList<SourceRemark> remarks)
    {
        _source = source;
        _memory = memory;
        _file = file;
        Count = source.Count;
        Size = size;
        _pixels = memory.Pointer;
        if (file is not null)
        {
            _sums = memory.Pointer + PixelCacheFile.ChecksumsAt;
            _pixels = memory.Pointer + file.PixelsAt;
            _tested = new bool[Count];
        }

        Report = new PixelStoreReport(source.Count, broken, seconds, fromCache) { Remarks = remarks, File = file is null ? null : PixelReportFile.PathOf(file.FilePath) };
        var left = broken.Select(b => b.Image).ToHashSet();
        Usable = [.. Enumerable.Range(0, Count).Where(i => !left.Contains(i))];
    }

    /// <summary>The source's name.</summary>
    public string Name => _source.Name;

    /// <summary>N, broken pictures included: numbers are those of the source.</summary>
    public int Count { get; }

    /// <summary>S, the side of each picture in pixels.</summary>
    public int Size { get; }

    /// <summary>Bytes of one picture, 3·S·S.</summary>
    public int ImageBytes => 3 * Size * Size;

    /// <summary>The numbers of the pictures that are not broken, ascending.</summary>
    public IReadOnlyList<int> Usable { get; }

    /// <summary>What happened while decoding.</summary>
    public PixelStoreReport Report { get; }

    /// <summary>The cache file; null where the pictures are in this process's memory.</summary>
    public string? CacheFile => _file?.FilePath;

    /// <summary>How many pictures of a complete cache file were found damaged when used, and decoded again.</summary>
    public int Mended => _mended.Count;

    /// <summary>Decodes a source at side <paramref name="size"/>, or takes what an earlier run decoded.</summary>
    /// <exception cref="InputException">
    /// More pictures than <see cref="PixelStoreOptions.MostBroken"/> allows are broken (names the first ones), or the cache cannot be written.
    /// </exception>
    public static PixelStore Open(IImageSource source, int size, PixelStoreOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        options ??= new PixelStoreOptions();
        var store = UsesDisk(source, size, options) ? OpenFile(source, size, options) : OpenMemory(source, size, options);
        if (store.Report.Broken.Count <= options.MostBroken * source.Count) return store;
        using (store)
        {
            var first = string.Join("; ", store.Report.Broken.Take(3).Select(b => $"{b.Name}: {b.Reason}"));
            throw new InputException(
                source.Name,
                string.Create(CultureInfo.InvariantCulture, $"{store.Report.Broken.Count} of {source.Count} images are broken, more than {options.MostBroken:0.##%}: {first}"),
                "Fetch the set again, or check that its folder is the right one");
        }
    }

    /// <summary>Copies pictures into a new CPU tensor, <c>[B, 3, S, S] uint8</c>, in the order given.</summary>
    public torch.Tensor Gather(ReadOnlySpan<int> images)
    {
        var batch = torch.empty([images.Length, 3, Size, Size], dtype: torch.uint8);
        Gather(images, batch.bytes);
        return batch;
    }

    /// <summary>Copies pictures into memory, <see cref="ImageBytes"/> each.</summary>
    public void Gather(ReadOnlySpan<int> images, Span<byte> pixels)
    {
        for (var b = 0; b < images.Length; b++) Planes(images[b]).CopyTo(pixels.Slice(b * ImageBytes, ImageBytes));
    }

    /// <summary>One picture as the store holds it, for display.</summary>
    public RgbImage Image(int image) => RgbImage.FromPlanes(Size, Size, Planes(image));

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        _memory.Dispose();
    }

    private static bool UsesDisk(IImageSource source, int size, PixelStoreOptions options) => options.Cache switch
    {
        PixelCache.Memory => false,
        PixelCache.Disk => source.Fingerprint.Length > 0,
        _ => source.Fingerprint.Length > 0 && (!source.IsGenerated || 3L * size * size * source.Count > SmallGenerated),
    };

    private static PixelStore OpenMemory(IImageSource source, int size, PixelStoreOptions options)
    {
        var watch = Stopwatch.StartNew();
        var imageBytes = 3 * size * size;
        var memory = PixelMemory.Allocate((long)source.Count * imageBytes);
        try
        {
            var remarks = new RemarkList(source.Remarks);
            var broken = PixelDecoding.Decode(source, size, [.. Enumerable.Range(0, source.Count)], options, remarks,
                (image, planes) => planes.CopyTo(new Span<byte>(memory.Pointer + ((long)image * imageBytes), imageBytes)));
            return new PixelStore(source, size, memory, null, broken, watch.Elapsed.TotalSeconds, 0, remarks.ToList());
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    private static PixelStore OpenFile(IImageSource source, int size, PixelStoreOptions options)
    {
        var watch = Stopwatch.StartNew();
        var file = PixelCacheFile.Of(options.CacheFolder ?? UserCache.Folder("pixels"), source, size);
        try
        {
            var fromCache = source.Count;
            if (!file.IsComplete())
            {
                using var gate = file.Lock(() => Console.WriteLine($"{source.Name}: another process is decoding it; waiting"));
                if (!file.IsComplete()) fromCache = Complete(source, size, options, file);
            }

            var memory = PixelMemory.Map(file.FilePath);
            // A picture without a checksum was broken when the file was made: ask the source why.
            var sums = new ReadOnlySpan<ulong>(memory.Pointer + PixelCacheFile.ChecksumsAt, source.Count);
            var absent = new List<int>();
            for (var i = 0; i < sums.Length; i++)
                if (sums[i] == 0) absent.Add(i);
            var mended = new List<(int, byte[])>();
            var broken = absent.Count == 0 ? [] : PixelDecoding.Decode(source, size, absent, options, new RemarkList([]), (image, planes) =>
            {
                lock (mended) mended.Add((image, planes.ToArray()));
            });
            var store = new PixelStore(source, size, memory, file, broken, watch.Elapsed.TotalSeconds, fromCache - (fromCache == source.Count ? absent.Count : 0), PixelReportFile.Read(file.FilePath)?.Remarks ?? source.Remarks);
            foreach (var (image, planes) in mended) store._mended[image] = planes;
            return store;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException(file.FilePath, $"cannot be used ({error.Message.TrimEnd('.')})", "Free some space, or name another cache folder (XDG_CACHE_HOME)", error);
        }
    }

    /// <summary>Decodes what the file lacks; returns how many pictures it already had.</summary>
    private static int Complete(IImageSource source, int size, PixelStoreOptions options, PixelCacheFile file)
    {
        try
        {
            using var handle = file.OpenForWriting();
            var whole = file.Whole(handle);
            int[] missing = [.. Enumerable.Range(0, source.Count).Where(i => !whole[i])];
            foreach (var image in missing) file.Forget(handle, image);
            var remarks = new RemarkList(source.Remarks);
            var broken = PixelDecoding.Decode(source, size, missing, options, remarks, (image, planes) => file.Write(handle, image, planes));
            PixelReportFile.Write(file.FilePath, source, missing.Length, broken, remarks.ToList());
            file.Mark(handle, complete: true);
            return source.Count - missing.Length;
        }
        catch (IOException error) when (PixelCacheFile.IsFull(error))
        {
            // What was written cannot be of use before there is space, and would keep that space from its owner. After any other error the whole pictures stay for the next run.
            File.Delete(file.FilePath);
            throw;
        }
    }

    private ReadOnlySpan<byte> Planes(int image)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(image);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(image, Count);
        var planes = new ReadOnlySpan<byte>(_pixels + ((long)image * ImageBytes), ImageBytes);
        if (_file is null || Volatile.Read(ref _tested[image])) return planes;
        return Tested(image, planes);
    }

    /// <summary>On its first use a cached picture's checksum is tested; a damaged one is decoded again and kept in memory.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ReadOnlySpan<byte> Tested(int image, ReadOnlySpan<byte> planes)
    {
        if (_mended.TryGetValue(image, out var known)) return known;
        var sum = Unsafe.ReadUnaligned<ulong>(_sums + (8L * image));
        if (sum == 0) return planes; // broken: zeros, and not among the usable
        if (PixelCacheFile.Checksum(planes, image) == sum)
        {
            Volatile.Write(ref _tested[image], true);
            return planes;
        }

        var again = new byte[ImageBytes];
        _source.ReadImage(image, Size).CopyPlanes(again);
        if (_mended.TryAdd(image, again) && _mended.Count == 1) _file!.MarkDoubtful();
        return again;
    }
}
