using ClipTransfer.Models;

namespace ClipTransfer.Benchmarks;

/// <summary>How large the summary's work is; the tests take a tiny one.</summary>
internal sealed record SummarySizes
{
    public DualEncoderSettings Model { get; init; } = DualEncoderSettings.Small;

    public int ImageSize { get; init; } = 64;

    public int BatchSize { get; init; } = 128;

    public int Pairs { get; init; } = 512;

    public int Turns { get; init; } = 6;

    public DualEncoderSettings LargeModel { get; init; } = DualEncoderSettings.Paper with { Projection = ProjectionKind.Linear };

    public int LargeImageSize { get; init; } = 224;

    public int LargeBatchSize { get; init; } = 16;

    public int OptimizerLayers { get; init; } = 150;

    public int OptimizerWidth { get; init; } = 447;

    public int Photographs { get; init; } = 200;

    public int CachedPictures { get; init; } = 100_000;

    public int CurveEpochs { get; init; } = 12;
}

/// <summary>Every target and goal of the engine, each with what was measured here.</summary>
internal static class Summary
{
    /// <summary>The lines of a quick summary.</summary>
    public static IEnumerable<BenchmarkLine> Quick(SummarySizes sizes)
    {
        TrainingSpeed speed;
        using (var work = new Workload(sizes.Model, sizes.ImageSize, sizes.Pairs, sizes.BatchSize)) speed = TrainingSpeed.Measure(work, sizes.Turns);
        var ratio = new BenchmarkLine($"{sizes.ImageSize} px tower + transformer, training, pairs/s over the plain loop's", speed.Ratio, 2.2, "0.00×");
        yield return ratio;
        yield return ratio.Goal(2.5);
        var optimizer = new BenchmarkLine("optimiser step, 300 tensors, 30 M parameters, speed over TorchSharp's AdamW",
            OptimizerSpeed.Ratio(sizes.OptimizerLayers, sizes.OptimizerWidth), 4, "0.0×");
        yield return optimizer;
        yield return optimizer.Goal(5);
        yield return new BenchmarkLine($"data wait from the second epoch on, share of the step at {sizes.ImageSize} px", speed.DataWait, 0.02, "0.00 %", AtLeast: false);
        yield return new BenchmarkLine("first epoch's decode at 224 px over SkiaSharp's bare rate", DataSpeed.DecodeRatio(sizes.Photographs, 224, sizes.Turns), 0.9, "0 %");
        yield return new BenchmarkLine($"{sizes.ImageSize} px training step, share of the matrix product's rate ({speed.Policy.Working.ToString().ToLowerInvariant()})", speed.ShareOfGemm, 0.5, "0 %", IsGoal: true);
    }

    /// <summary>The lines that take longer.</summary>
    public static IEnumerable<BenchmarkLine> Long(SummarySizes sizes) => Large(sizes).Concat(Resources(sizes)).Concat(Curves(sizes));

    /// <summary>What large data holds and costs.</summary>
    public static IEnumerable<BenchmarkLine> Resources(SummarySizes sizes)
    {
        yield return new BenchmarkLine("pairs/s at 1, 4 and 16 times the data, largest difference",
            DataSpeed.SpreadOverSizes(DualEncoderSettings.Tiny, 48, sizes.Pairs, sizes.BatchSize, 8 * sizes.Turns), 0.05, "0.0 %", AtLeast: false);
        yield return new BenchmarkLine($"resident memory of a cache of {sizes.CachedPictures} pictures beside the page cache, MB",
            MemoryUse.CacheMegabytes(sizes.CachedPictures, sizes.ImageSize), 200, "0", AtLeast: false);
    }

    /// <summary>What a training holds at its peak, to be asked of a fresh process: what earlier work freed and kept would hide it.</summary>
    /// <param name="sizes">The sizes.</param>
    /// <param name="large">Whether of the large model.</param>
    public static IEnumerable<BenchmarkLine> Memory(SummarySizes sizes, bool large)
    {
        var (model, side, pairs, batch) = large
            ? (sizes.LargeModel, sizes.LargeImageSize, 2 * sizes.LargeBatchSize, sizes.LargeBatchSize)
            : (sizes.Model, sizes.ImageSize, sizes.Pairs, sizes.BatchSize);
        using var work = new Workload(model, side, pairs, batch);
        var (over, flat) = MemoryUse.Training(work, epochs: Math.Max(4, sizes.Turns));
        yield return new BenchmarkLine($"peak memory of a training at {side} px over weights, optimiser and activations", over, 1.3, "0.00×", AtLeast: false);
        yield return new BenchmarkLine($"peak memory of the last epoch at {side} px over the second's", flat, 1.01, "0.000×", AtLeast: false);
    }

    private static IEnumerable<BenchmarkLine> Large(SummarySizes sizes)
    {
        TrainingSpeed large;
        using (var photographs = new Workload(sizes.LargeModel, sizes.LargeImageSize, 2 * sizes.LargeBatchSize, sizes.LargeBatchSize)) large = TrainingSpeed.Measure(photographs, (sizes.Turns + 1) / 2);
        var ratio = new BenchmarkLine($"ResNet-50 + DistilBERT at {sizes.LargeImageSize} px, training, pairs/s over the plain loop's", large.Ratio, 2.4, "0.00×");
        yield return ratio;
        yield return ratio.Goal(2.7);
        yield return new BenchmarkLine($"{sizes.LargeImageSize} px training step, share of the matrix product's rate ({large.Policy.Working.ToString().ToLowerInvariant()})", large.ShareOfGemm, 0.65, "0 %", IsGoal: true);
    }

    private static IEnumerable<BenchmarkLine> Curves(SummarySizes sizes)
    {
        using var work = new Workload(sizes.Model, sizes.ImageSize, sizes.Pairs, sizes.BatchSize);
        var curves = LossCurves.Measure(work, seeds: 3, sizes.CurveEpochs);
        yield return new BenchmarkLine("loss curves of trainer and plain loop, largest difference of the means over three seeds' spread", curves.LargestDifference(), 1, "0.00", AtLeast: false);
    }
}
