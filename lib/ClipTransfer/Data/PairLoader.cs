using System.Diagnostics;
using ClipTransfer.Runtime;
using ClipTransfer.Text;
using TorchSharp;

namespace ClipTransfer.Data;

/// <summary>Batches of pairs for training. Which pictures, in which order, with which caption: a pure function of (seed, epoch).</summary>
/// <remarks>
/// Each usable picture comes once an epoch, with one of its captions; the order and the captions change from epoch to epoch, so that a
/// pair meets other negatives each time. What is left over at the end of an epoch, less than a batch, is dropped: every batch has B pairs, as the
/// theory's loss over fixed B asks.
/// </remarks>
public sealed class PairLoader
{
    /// <summary>How many batches are gathered ahead, each by a thread of its own.</summary>
    private const int Ahead = 4;

    private readonly PixelStore _store;
    private readonly CaptionTokens _tokens;
    private readonly long _seed;

    /// <summary>Encodes all captions once and makes batches ready to be taken.</summary>
    /// <param name="source">The pairs.</param>
    /// <param name="store">Their pictures, decoded.</param>
    /// <param name="tokenizer">Encodes the captions.</param>
    /// <param name="batchSize">B.</param>
    /// <param name="seed">Decides order and captions.</param>
    public PairLoader(IPairSource source, PixelStore store, ITokenizer tokenizer, int batchSize, long seed)
    {
        if (store.Count != source.Count) throw new ArgumentException($"the store holds {store.Count} pictures, the source {source.Count}", nameof(store));
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        if (batchSize > store.Usable.Count)
            throw new InputException(source.Name, $"{store.Usable.Count} usable pairs are fewer than one batch of {batchSize}", "Use more pairs or a smaller batch");
        Source = source;
        Tokenizer = tokenizer;
        BatchSize = batchSize;
        _store = store;
        _seed = seed;
        _tokens = CaptionTokens.Encode(source, tokenizer);
    }

    /// <summary>The pairs.</summary>
    public IPairSource Source { get; }

    /// <summary>One line that tells this order of these pairs from others: a run may only be resumed with the same.</summary>
    public string Description => FormattableString.Invariant($"{Source.Description}; {_store.Usable.Count} usable, at {_store.Size} px, in batches of {BatchSize}, order of seed {_seed}");

    /// <summary>What encoded the captions.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>B.</summary>
    public int BatchSize { get; }

    /// <summary>Whole batches in an epoch.</summary>
    public int BatchesPerEpoch => _store.Usable.Count / BatchSize;

    /// <summary>Pairs trained on in an epoch, the dropped rest not counted.</summary>
    public int PairsPerEpoch => BatchesPerEpoch * BatchSize;

    /// <summary>The order of an epoch: all usable pictures, permuted.</summary>
    public int[] Order(int epoch)
    {
        var order = _store.Usable.ToArray();
        ItemRandom.Of(ItemRandom.Key(_seed, "pair order"), epoch, 0).Shuffle(order);
        return order;
    }

    /// <summary>Which of its captions a picture shows in an epoch.</summary>
    public int CaptionOf(int image, int epoch) =>
        ItemRandom.Of(ItemRandom.Key(_seed, "caption choice"), image, epoch).Below(_tokens.CaptionsOf(image));

    /// <summary>
    /// The batches of an epoch, from number <paramref name="from"/> on, gathered by other threads ahead of the taker. Whoever takes a batch disposes it;
    /// those that nobody took are disposed here.
    /// </summary>
    public IEnumerable<PairBatch> Epoch(int epoch, int from = 0)
    {
        var order = Order(epoch);
        var ahead = new Queue<Task<PairBatch>>();
        var next = from;
        try
        {
            while (next < BatchesPerEpoch || ahead.Count > 0)
            {
                for (; ahead.Count < Ahead && next < BatchesPerEpoch; next++)
                {
                    var number = next;
                    ahead.Enqueue(Task.Run(() => Gather(order, number, epoch)));
                }

                var since = Stopwatch.GetTimestamp();
                var batch = ahead.Dequeue().GetAwaiter().GetResult();
                batch.WaitSeconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
                yield return batch;
            }
        }
        finally
        {
            foreach (var task in ahead) task.ContinueWith(t => t.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        }
    }

    /// <summary>One batch alone, the same as within its epoch.</summary>
    public PairBatch Batch(int epoch, int batch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(batch);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(batch, BatchesPerEpoch);
        return Gather(Order(epoch), batch, epoch);
    }

    private PairBatch Gather(int[] order, int batch, int epoch)
    {
        var images = order.AsSpan(batch * BatchSize, BatchSize).ToArray();
        var length = Tokenizer.ContextLength;
        var ids = new long[BatchSize * length];
        for (var b = 0; b < images.Length; b++) _tokens.CopyTo(images[b], CaptionOf(images[b], epoch), ids.AsSpan(b * length, length));
        // The batch outlives the scope that happens to be open while the loader moves on: its taker disposes it.
        var pixels = _store.Gather(images).DetachFromDisposeScope();
        var tokens = torch.tensor(ids, [BatchSize, length], dtype: torch.int64).DetachFromDisposeScope();
        return TorchRuntime.Device is { type: DeviceType.CUDA } ? Pinned(pixels, tokens, images) : new PairBatch(pixels, tokens, images);
    }

    // A GPU fetches pinned memory by itself, while the CPU goes on.
    private static PairBatch Pinned(torch.Tensor pixels, torch.Tensor tokens, int[] images)
    {
        using (pixels)
        using (tokens)
            return new PairBatch(pixels.pin_memory().DetachFromDisposeScope(), tokens.pin_memory().DetachFromDisposeScope(), images);
    }
}
