using System.Diagnostics;
using ClipTransfer.Losses;
using ClipTransfer.Runtime;
using ClipTransfer.Training;
using ClipTransfer.Training.Distributed;

namespace ClipTransfer.Benchmarks;

/// <summary>What one start of several processes measured, each with one thread.</summary>
/// <param name="Processes">n.</param>
/// <param name="StepSeconds">Median time of a step of the whole batch.</param>
/// <param name="Communication">Median time of a step in which the first process exchanged numbers, or waited for others.</param>
/// <param name="GradientBytes">Bytes of the flat gradient.</param>
/// <param name="SumSeconds">Median time of one sum of it over the processes, all coming at once; 0 for one process.</param>
/// <param name="Rows">b, rows of a process in a step.</param>
/// <param name="EmbedDim">D.</param>
internal sealed record MpiWorker(int Processes, double StepSeconds, double Communication, long GradientBytes, double SumSeconds, int Rows, int EmbedDim)
{
    /// <summary>Trains a few steps.</summary>
    /// <param name="across">The processes.</param>
    /// <param name="sizes">The work.</param>
    /// <param name="large">Whether to take the large model.</param>
    public static MpiWorker Measure(ICommunicator across, SummarySizes sizes, bool large)
    {
        TorchRuntime.Initialize("cpu", threads: 1);
        var (settings, size, batch, pairs) = large
            ? (sizes.LargeModel, sizes.LargeImageSize, sizes.LargeBatchSize, 2 * sizes.LargeBatchSize)
            : (sizes.Model, sizes.ImageSize, sizes.BatchSize, sizes.Pairs);
        using var work = new Workload(settings, size, pairs, batch);
        using var model = work.NewModel();
        // The first epoch warms up.
        using var trainer = new Trainer(model, new ClipLoss(), work.Loader, new TrainingSettings { Epochs = large ? 2 : 3, Progress = false }, across);
        var steps = trainer.Train().Steps.Where(step => step.Epoch > 0).ToArray();
        using var flat = new FlatParameters(model);
        return new MpiWorker(
            across.Size, Interleaved.Median([.. steps.Select(step => batch / step.PairsPerSecond)]), Interleaved.Median([.. steps.Select(step => step.Communication)]),
            flat.Gradients.bytes.Length, SumTime(across, flat), batch / across.Size, settings.EmbedDim);
    }

    private static double SumTime(ICommunicator across, FlatParameters flat)
    {
        if (across.Size == 1) return 0;
        var times = new List<double>();
        for (var turn = 0; turn < 12; turn++)
        {
            across.Exchange(""); // come at once
            var since = Stopwatch.GetTimestamp();
            flat.SumGradients(across);
            if (turn > 1) times.Add(Stopwatch.GetElapsedTime(since).TotalSeconds);
        }

        return Interleaved.Median(times);
    }
}
