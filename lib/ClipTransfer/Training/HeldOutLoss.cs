using System.Text.Json;
using ClipTransfer.Data;
using ClipTransfer.Losses;
using ClipTransfer.Models;
using ClipTransfer.Runtime;
using ClipTransfer.Training.Distributed;
using static TorchSharp.torch;

namespace ClipTransfer.Training;

/// <summary>The loss on pairs that no training sees, and its terms: means over whole batches, in evaluation mode, without gradients.</summary>
/// <param name="Loss">Mean of the batches' losses.</param>
/// <param name="Terms">Means of the terms by name.</param>
/// <param name="Batches">How many batches.</param>
public sealed record HeldOutLoss(double Loss, IReadOnlyDictionary<string, double> Terms, int Batches)
{
    private const int Chunk = 256;

    /// <summary>Measures. Which pairs meet, and with which caption, is that of the loader's epoch 0: the same each time, so that epochs can be compared.</summary>
    /// <param name="model">The model, on <see cref="TorchRuntime.Device"/>.</param>
    /// <param name="loss">The loss; its value depends on B, so measure at the B of the training.</param>
    /// <param name="pairs">The held-out pairs.</param>
    /// <param name="across">Processes that take the batches in turns, and all get the same result; null is this one alone.</param>
    public static HeldOutLoss Measure(DualEncoder model, IContrastiveLoss loss, PairLoader pairs, ICommunicator? across = null)
    {
        across ??= new SingleProcess();
        using var free = no_grad();
        var training = model.training;
        model.eval();
        try
        {
            List<Batch> batches = [];
            foreach (var (number, batch) in pairs.Epoch(0).Index())
            {
                using (batch)
                {
                    if (number % across.Size != across.Rank) continue;
                    using var scope = NewDisposeScope();
                    var image = Embed(batch, rows => model.EncodeImage(PixelNormalisation.Apply(rows.Pixels.to(TorchRuntime.Device))));
                    var text = Embed(batch, rows => model.EncodeText(rows.Tokens));
                    var terms = loss.Compute(image, text, model.LogitScale.Value());
                    batches.Add(new Batch(terms.Total.item<float>(), terms.Terms.ToDictionary(t => t.Key, t => (double)t.Value.item<float>())));
                }
            }

            batches = InOrder(batches, across);
            return new HeldOutLoss(
                batches.Average(b => b.Loss), batches[0].Terms.Keys.ToDictionary(name => name, name => batches.Average(b => b.Terms[name])), batches.Count);
        }
        finally
        {
            model.train(training);
        }
    }

    // As one process would have measured them, so that the means have the same bits.
    private static List<Batch> InOrder(List<Batch> mine, ICommunicator across)
    {
        if (across.Size == 1) return mine;
        var all = across.Exchange(JsonSerializer.Serialize(mine, CheckpointState.Json))
            .Select(text => JsonSerializer.Deserialize<Batch[]>(text, CheckpointState.Json)!).ToArray();
        return [.. Enumerable.Range(0, all.Sum(part => part.Length)).Select(k => all[k % all.Length][k / all.Length])];
    }

    // A chunk at a time, which changes nothing but the memory needed: in evaluation mode no row depends on another.
    private static Tensor Embed(PairBatch batch, Func<PairBatch, Tensor> encode)
    {
        List<Tensor> rows = [];
        for (var from = 0; from < batch.Count; from += Chunk)
        {
            using var scope = NewDisposeScope();
            rows.Add(encode(batch.Rows(from, Math.Min(Chunk, batch.Count - from))).MoveToOuterDisposeScope());
        }

        return cat(rows);
    }

    private sealed record Batch(double Loss, Dictionary<string, double> Terms);
}
