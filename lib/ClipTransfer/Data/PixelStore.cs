using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using ClipTransfer.Runtime;
using TorchSharp;

namespace ClipTransfer.Data;

/// <summary>All pictures of a source, decoded and resized once: <c>[N, 3, S, S] uint8</c>.</summary>
/// <remarks>
/// Decoding a photograph costs more than a small encoder's step on it, so it is done once, on all cores. What is random about a picture (crop,
/// flip) happens later, on the device. Broken pictures are left out of <see cref="Usable"/> and told by <see cref="Report"/>.
/// </remarks>
public sealed unsafe class PixelStore : IDisposable
{
    private readonly PixelMemory _memory;
    private bool _disposed;

    private PixelStore(IImageSource source, int size, PixelMemory memory, PixelStoreReport report)
    {
        Name = source.Name;
        Count = source.Count;
        Size = size;
        _memory = memory;
        Report = report;
        var broken = report.Broken.Select(b => b.Image).ToHashSet();
        Usable = [.. Enumerable.Range(0, Count).Where(i => !broken.Contains(i))];
    }

    /// <summary>The source's name.</summary>
    public string Name { get; }

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

    /// <summary>Decodes a source at side <paramref name="size"/>.</summary>
    /// <exception cref="InputException">More pictures than <see cref="PixelStoreOptions.MostBroken"/> allows are broken: names the first ones.</exception>
    public static PixelStore Open(IImageSource source, int size, PixelStoreOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        options ??= new PixelStoreOptions();
        var memory = PixelMemory.Allocate((long)source.Count * 3 * size * size);
        try
        {
            var report = Decode(source, size, memory, options);
            RefuseIfTooManyBroken(source, report, options);
            return new PixelStore(source, size, memory, report);
        }
        catch
        {
            memory.Dispose();
            throw;
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

    private ReadOnlySpan<byte> Planes(int image)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(image);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(image, Count);
        return new ReadOnlySpan<byte>(_memory.Pointer + ((long)image * ImageBytes), ImageBytes);
    }

    private static PixelStoreReport Decode(IImageSource source, int size, PixelMemory memory, PixelStoreOptions options)
    {
        var watch = Stopwatch.StartNew();
        var imageBytes = 3 * size * size;
        var broken = new ConcurrentBag<BrokenImage>();
        var progress = new ProgressLine(FormattableString.Invariant($"{source.Name} at {size} px"), source.Count, "images");
        var gate = new Lock();
        var done = 0;
        var threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;
        Parallel.For(0, source.Count, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = Interrupt.Token }, image =>
        {
            try
            {
                source.ReadImage(image, size).CopyPlanes(new Span<byte>(memory.Pointer + ((long)image * imageBytes), imageBytes));
            }
            catch (InputException error)
            {
                broken.Add(new BrokenImage(image, source.ImageName(image), error.What));
            }

            if (Interlocked.Increment(ref done) % 64 != 0 || !options.Progress) return;
            lock (gate) progress.Report(done);
        });
        if (options.Progress && watch.Elapsed.TotalSeconds > 2)
        {
            progress.Report(source.Count);
            progress.Finish();
        }

        return new PixelStoreReport(source.Count, [.. broken.OrderBy(b => b.Image)], watch.Elapsed.TotalSeconds, 0);
    }

    private static void RefuseIfTooManyBroken(IImageSource source, PixelStoreReport report, PixelStoreOptions options)
    {
        if (report.Broken.Count == 0 || report.Broken.Count <= options.MostBroken * source.Count) return;
        throw new InputException(
            source.Name,
            string.Create(CultureInfo.InvariantCulture,
                $"{report.Broken.Count} of {source.Count} images are broken, more than {options.MostBroken:0.##%}: {string.Join("; ", report.Broken.Take(3).Select(b => $"{b.Name}: {b.Reason}"))}"),
            "Fetch the set again, or check that its folder is the right one");
    }
}
