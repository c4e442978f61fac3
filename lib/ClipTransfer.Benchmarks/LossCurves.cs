using ClipTransfer.Losses;
using ClipTransfer.Runtime;
using ClipTransfer.Training;

namespace ClipTransfer.Benchmarks;

/// <summary>Loss curves of the trainer and of the plain loop from the same first weights, over the same batches, for some seeds.</summary>
/// <param name="Engine">By seed and step.</param>
/// <param name="Plain">By seed and step.</param>
internal sealed record LossCurves(double[][] Engine, double[][] Plain)
{
    /// <summary>Trains both.</summary>
    public static LossCurves Measure(Workload work, int seeds, int epochs, Precision precision = Precision.Auto)
    {
        var (engine, plain) = (new double[seeds][], new double[seeds][]);
        for (var seed = 0; seed < seeds; seed++)
        {
            var settings = new TrainingSettings { Epochs = epochs, Progress = false, Seed = seed, Precision = precision };
            var loader = new Data.PairLoader(work.Source, work.Store, work.Tokenizer, work.Loader.BatchSize, seed);
            using var model = work.NewModel(seed);
            using var loop = new PlainLoop(work.Model, settings);
            loop.CopyFrom(model);
            using (var trainer = new Trainer(model, new ClipLoss(), loader, settings)) engine[seed] = [.. trainer.Train().Steps.Select(s => s.Loss)];
            var schedule = WarmupCosine.Of(epochs * loader.BatchesPerEpoch, settings.WarmupShare);
            var losses = new List<double>();
            for (var epoch = 0; epoch < epochs; epoch++)
            {
                foreach (var batch in loader.Epoch(epoch))
                {
                    using (batch) losses.Add(loop.Step(batch.Pixels, batch.Tokens, schedule.Factor(losses.Count)));
                }
            }

            plain[seed] = [.. losses];
        }

        return new LossCurves(engine, plain);
    }

    /// <summary>By window of steps: the means over seeds of both, and the plain loop's spread (highest minus lowest seed).</summary>
    public IEnumerable<(int From, int To, double Engine, double Plain, double Spread)> Windows(int count)
    {
        var steps = Engine[0].Length;
        for (var k = 0; k < count; k++)
        {
            var (from, to) = (k * steps / count, (k + 1) * steps / count);
            double[] Means(double[][] curves) => [.. curves.Select(curve => curve[from..to].Average())];
            var (engine, plain) = (Means(Engine), Means(Plain));
            yield return (from, to, engine.Average(), plain.Average(), plain.Max() - plain.Min());
        }
    }

    /// <summary>The largest difference of the means, in units of the spread of its window.</summary>
    public double LargestDifference(int windows = 8) => Windows(windows).Max(w => Math.Abs(w.Engine - w.Plain) / w.Spread);
}
