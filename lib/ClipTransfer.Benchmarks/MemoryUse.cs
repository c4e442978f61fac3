using ClipTransfer.Data;
using ClipTransfer.Losses;
using ClipTransfer.Training;

namespace ClipTransfer.Benchmarks;

/// <summary>What a cache and a training hold in memory.</summary>
internal static class MemoryUse
{
    private const double Megabyte = 1e6;

    /// <summary>Megabytes of the process's own memory that a store of many pictures takes beside the page cache, after every picture was used.</summary>
    public static double CacheMegabytes(int pictures, int size)
    {
        var folder = Directory.CreateTempSubdirectory("cache").FullName;
        try
        {
            var options = new PixelStoreOptions { Progress = false, Cache = PixelCache.Disk, CacheFolder = folder };
            using (PixelStore.Open(new Noise(pictures), size, options))
            {
            }

            var before = Settled();
            using var store = PixelStore.Open(new Noise(pictures), size, options);
            for (var from = 0; from < pictures; from += 256) store.Gather([.. Enumerable.Range(from, Math.Min(256, pictures - from))]).Dispose();
            return (Settled() - before) / Megabyte;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A training's peak over what its weights, optimiser and activations come to; and the last epoch's peak over the second's.</summary>
    public static (double OverComputed, double LastOverSecond) Training(Workload work, int epochs)
    {
        var cost = Cost(work);
        var before = Settled();
        ProcessMemory.ForgetPeak();
        var resident = ProcessMemory.Resident; // without a model: its weights are among what is computed
        var peaks = new List<long>();
        using var model = work.NewModel();
        using (var trainer = new Trainer(model, new ClipLoss(), work.Loader, new TrainingSettings { Epochs = epochs, Progress = false })
        {
            AfterEpoch = _ =>
            {
                peaks.Add(ProcessMemory.Peak - resident);
                ProcessMemory.ForgetPeak();
            },
        })
        {
            trainer.Train();
        }

        return (peaks.Max() / (double)(cost.StateBytes + cost.ActivationBytes), (before + peaks[^1]) / (double)(before + peaks[1]));
    }

    // Of a model that is gone afterwards.
    private static ModelCost Cost(Workload work)
    {
        using var model = work.NewModel();
        using var batch = work.Loader.Batch(0, 0);
        return ModelCost.Of(model, PixelNormalisation.Apply(batch.Pixels), batch.Tokens);
    }

    private static long Settled()
    {
        ProcessMemory.ReturnFreed();
        return ProcessMemory.Private;
    }

    /// <summary>Pictures that cost nothing to make, and are kept on disk.</summary>
    private sealed class Noise(int count) : IImageSource
    {
        public string Name => "noise";

        public string Description => "bytes that count up";

        public int Count => count;

        public string Fingerprint => "noise";

        public RgbImage ReadImage(int image, int size)
        {
            var pixels = new byte[3 * size * size];
            for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)(image + i);
            return new RgbImage(size, size, pixels);
        }
    }
}
