using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Decodes pictures of a source on all cores, with progress; what is broken is collected, not thrown.</summary>
internal static class PixelDecoding
{
    /// <summary>Reads each picture and hands its planes <c>[3, S, S]</c> to <paramref name="write"/>, on the thread that decoded it.</summary>
    /// <param name="source">The pictures.</param>
    /// <param name="size">Their side wanted.</param>
    /// <param name="images">Which of them.</param>
    /// <param name="options">Threads and progress.</param>
    /// <param name="remarks">Takes what is out of the ordinary about those that can be read.</param>
    /// <param name="write">Takes the planes.</param>
    /// <returns>The pictures that could not be read, in order.</returns>
    public static List<BrokenImage> Decode(IImageSource source, int size, IReadOnlyList<int> images, PixelStoreOptions options, RemarkList remarks, Action<int, ReadOnlySpan<byte>> write)
    {
        var watch = Stopwatch.StartNew();
        var broken = new ConcurrentBag<BrokenImage>();
        var odd = new ConcurrentBag<(int Image, PictureTraits Traits)>();
        var progress = new ProgressLine(FormattableString.Invariant($"{source.Name} at {size} px"), images.Count, "images");
        var gate = new Lock();
        var done = 0;
        var parallel = new ParallelOptions
        {
            MaxDegreeOfParallelism = options.Threads > 0 ? options.Threads : Environment.ProcessorCount,
            CancellationToken = Interrupt.Token,
        };
        try
        {
            Parallel.For(0, images.Count, parallel, () => new byte[3 * size * size], (i, _, planes) =>
            {
                try
                {
                    var picture = source.ReadImage(images[i], size);
                    picture.CopyPlanes(planes);
                    write(images[i], planes);
                    if (picture.Traits != PictureTraits.None) odd.Add((images[i], picture.Traits));
                }
                catch (InputException error)
                {
                    broken.Add(new BrokenImage(images[i], source.ImageName(images[i]), error.What));
                }

                if (Interlocked.Increment(ref done) % 64 == 0 && options.Progress)
                    lock (gate) progress.Report(done);
                return planes;
            }, _ => { });
        }
        catch (AggregateException error)
        {
            // One clear cause instead of one a thread: a full disk shows on all of them.
            ExceptionDispatchInfo.Throw(error.Flatten().InnerExceptions[0]);
        }

        if (options.Progress && watch.Elapsed.TotalSeconds > 2)
        {
            progress.Report(images.Count);
            progress.Finish();
        }

        foreach (var (image, traits) in odd.OrderBy(o => o.Image))
        {
            foreach (var (trait, words) in PictureHeader.Words.Where(w => traits.HasFlag(w.Trait))) remarks.Add(words, () => source.ImageName(image));
        }

        return [.. broken.OrderBy(b => b.Image)];
    }
}
