using ClipTransfer.Data;
using ClipTransfer.Losses;
using ClipTransfer.Models;
using ClipTransfer.Training;
using SkiaSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Benchmarks;

/// <summary>What decoding and large data cost.</summary>
internal static class DataSpeed
{
    /// <summary>Pictures a second of a first epoch (decoding into the cache file) over those of SkiaSharp alone: decode, resize, nothing kept; both on all cores.</summary>
    public static double DecodeRatio(int pictures, int size, int turns)
    {
        using var photographs = new Photographs(pictures);
        var times = Interleaved.Medians(
            turns,
            () => Parallel.For(0, pictures, k => Bare(photographs.PathOf(k), size)),
            () =>
            {
                var folder = Directory.CreateTempSubdirectory("cache").FullName;
                using (PixelStore.Open(photographs, size, new PixelStoreOptions { Progress = false, Cache = PixelCache.Disk, CacheFolder = folder }))
                {
                }

                Directory.Delete(folder, recursive: true);
            });
        return times[0] / times[1];
    }

    /// <summary>The largest over the smallest time of a step at 1, 4 and 16 times as many pairs, as a ratio less one.</summary>
    public static double SpreadOverSizes(DualEncoderSettings records, int imageSize, int pairs, int batchSize, int turns)
    {
        var small = new Workload(records, imageSize, pairs, batchSize);
        var works = new[] { small, Larger(4), Larger(16) };
        using var model = works[0].NewModel();
        using var parameters = new FlatParameters(model);
        using var optimizer = new FlatAdamW(parameters, new TrainingSettings());
        using var cache = new GradCache(model, new ClipLoss());
        var batches = works.Select(work => Endless(work.Loader).GetEnumerator()).ToArray();
        try
        {
            var medians = Interleaved.Medians(turns, [.. batches.Select(source => (Action)(() => Step(source)))]);
            return (medians.Max() / medians.Min()) - 1;
        }
        finally
        {
            foreach (var source in batches) source.Dispose();
            foreach (var work in works) work.Dispose();
        }

        Workload Larger(int times) => new(records, imageSize, pairs * times, batchSize, tokenizer: small.Tokenizer);

        void Step(IEnumerator<PairBatch> source)
        {
            source.MoveNext();
            using var scope = NewDisposeScope();
            using var batch = source.Current;
            optimizer.ZeroGradients();
            cache.Backward(batch, rows => PixelNormalisation.Apply(rows.Pixels), 0);
            optimizer.Step(1, optimizer.GradientNorm());
        }
    }

    private static IEnumerable<PairBatch> Endless(PairLoader loader)
    {
        for (var epoch = 0; ; epoch++)
        {
            foreach (var batch in loader.Epoch(epoch)) yield return batch;
        }
    }

    // What a SkiaSharp user writes: decode, then resize so that the shorter side fits.
    private static void Bare(string path, int size)
    {
        using var bitmap = SKBitmap.Decode(path);
        var scale = (float)size / Math.Min(bitmap.Width, bitmap.Height);
        using var resized = bitmap.Resize(new SKImageInfo((int)(bitmap.Width * scale), (int)(bitmap.Height * scale)), new SKSamplingOptions(SKCubicResampler.Mitchell));
    }
}
