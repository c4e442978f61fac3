using System.Diagnostics;
using ClipTransfer.Data;
using ClipTransfer.Losses;
using ClipTransfer.Runtime;
using ClipTransfer.Training;
using static TorchSharp.torch;

namespace ClipTransfer.Benchmarks;

/// <summary>Trainer and plain loop in turns on the same pairs: an epoch of one, as many steps of the other.</summary>
/// <param name="Engine">Median seconds of a step of the trainer.</param>
/// <param name="Plain">Median seconds of a step of the plain loop.</param>
/// <param name="DataWait">The share of the trainer's time, from the second epoch on, in which it waited for data.</param>
/// <param name="GemmRate">Operations a second of a product of matrices in the precision chosen, measured in the same turns.</param>
/// <param name="Cost">What a step of the model costs.</param>
/// <param name="BatchSize">B.</param>
/// <param name="Policy">What the trainer computed in.</param>
internal sealed record TrainingSpeed(double Engine, double Plain, double DataWait, double GemmRate, ModelCost Cost, int BatchSize, PrecisionPolicy Policy)
{
    /// <summary>Pairs a second of the trainer over those of the plain loop.</summary>
    public double Ratio => Plain / Engine;

    /// <summary>The step's operations over what products of matrices would do in its time.</summary>
    public double ShareOfGemm => Cost.StepOperations / Engine / GemmRate;

    /// <summary>Measures.</summary>
    /// <param name="work">Data and model records.</param>
    /// <param name="turns">Epochs of each.</param>
    public static TrainingSpeed Measure(Workload work, int turns)
    {
        var settings = new TrainingSettings { Epochs = turns + 1, Progress = false, Precision = Precision.Auto };
        using var model = work.NewModel();
        using var plain = new PlainLoop(work.Model, settings);
        var (pixels, tokens) = work.Tensors();
        using var batch = work.Loader.Batch(0, 0);
        var cost = ModelCost.Of(model, PixelNormalisation.Apply(batch.Pixels), batch.Tokens);
        var (plainTimes, rates) = (new List<double>(), new List<double>());
        using (pixels)
        using (tokens)
        {
            using var trainer = new Trainer(model, new ClipLoss(), work.Loader, settings)
            {
                AfterEpoch = _ =>
                {
                    plainTimes.AddRange(PlainEpoch(plain, pixels, tokens, work.Loader.BatchSize));
                    rates.Add(Gemm(PrecisionPolicy.Choose(Precision.Auto).ScalarType));
                },
            };
            var result = trainer.Train();
            var later = result.Steps.Where(s => s.Epoch > 0).ToArray(); // the first one warms up
            var times = later.Select(s => work.Loader.BatchSize / s.PairsPerSecond).ToArray();
            return new TrainingSpeed(
                Interleaved.Median(times), Interleaved.Median([.. plainTimes.Skip(work.Loader.BatchesPerEpoch)]), later.Sum(s => s.DataWait) / times.Sum(),
                Interleaved.Median(rates), cost, work.Loader.BatchSize, result.Precision);
        }
    }

    /// <summary>Operations a second of a 1024³ product.</summary>
    public static double Gemm(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var (a, b) = (ones(1024, 1024, type), ones(1024, 1024, type));
        var best = Enumerable.Range(0, 6).Min(_ =>
        {
            var since = Stopwatch.GetTimestamp();
            using var product = a.matmul(b);
            return Stopwatch.GetElapsedTime(since).TotalSeconds;
        });
        return 2.0 * 1024 * 1024 * 1024 / best;
    }

    private static IEnumerable<double> PlainEpoch(PlainLoop plain, Tensor pixels, Tensor tokens, int batchSize)
    {
        using var order = randperm(pixels.shape[0]);
        for (var from = 0; from + batchSize <= pixels.shape[0]; from += batchSize)
        {
            using var scope = NewDisposeScope();
            var since = Stopwatch.GetTimestamp();
            var rows = order.narrow(0, from, batchSize);
            plain.Step(pixels.index_select(0, rows), tokens.index_select(0, rows));
            yield return Stopwatch.GetElapsedTime(since).TotalSeconds;
        }
    }
}
