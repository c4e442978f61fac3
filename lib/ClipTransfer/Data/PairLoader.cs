using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
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
    private readonly int _from;

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
        BatchSize = Rows = batchSize;
        _store = store;
        _seed = seed;
        _tokens = CaptionTokens.Encode(source, tokenizer);
    }

    private PairLoader(PairLoader whole, int part, int parts)
    {
        (Source, Tokenizer, BatchSize, _store, _seed, _tokens) = (whole.Source, whole.Tokenizer, whole.BatchSize, whole._store, whole._seed, whole._tokens);
        Rows = BatchSize / parts;
        _from = part * Rows;
    }

    /// <summary>The pairs.</summary>
    public IPairSource Source { get; }

    /// <summary>One line that tells this order of these pairs from others: a run may only be resumed with the same.</summary>
    public string Description => FormattableString.Invariant($"{Source.Description}; {_store.Usable.Count} usable, at {_store.Size} px, in batches of {BatchSize}, order of seed {_seed}");

    /// <summary>What encoded the captions.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>B.</summary>
    public int BatchSize { get; }

    /// <summary>The rows of each batch that are gathered here: B, or those of one <see cref="Part"/>.</summary>
    public int Rows { get; }

    /// <summary>Whole batches in an epoch.</summary>
    public int BatchesPerEpoch => _store.Usable.Count / BatchSize;

    /// <summary>Pairs trained on in an epoch, the dropped rest not counted.</summary>
    public int PairsPerEpoch => BatchesPerEpoch * BatchSize;

    /// <summary>The same batches for one of several processes, which gathers only its rows of each: the batches do not depend on how many processes there are.</summary>
    /// <param name="part">Which, from 0.</param>
    /// <param name="parts">How many.</param>
    /// <exception cref="InputException">B is not a multiple of their number.</exception>
    public PairLoader Part(int part, int parts)
    {
        if (BatchSize % parts != 0) throw new InputException("batchSize", $"{BatchSize} is not a multiple of {parts} processes", "Change the batch size or the number of processes");
        return parts == 1 ? this : new PairLoader(this, part, parts);
    }

    /// <summary>What the pairs are by content, and how they are ordered: a hash over seed, B, all tokens, which pictures are usable, and the pixels of a thousand of them.</summary>
    public string Digest()
    {
        const int Pictures = 1000;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int[] usable = [.. _store.Usable];
        hash.AppendData(MemoryMarshal.AsBytes<long>([_seed, BatchSize, _store.Size]));
        hash.AppendData(MemoryMarshal.AsBytes<int>(usable));
        _tokens.AppendTo(hash);
        var pixels = new byte[_store.ImageBytes];
        for (var k = 0; k < Math.Min(Pictures, usable.Length); k++)
        {
            _store.Gather([usable[(int)((long)k * usable.Length / Math.Min(Pictures, usable.Length))]], pixels);
            hash.AppendData(pixels);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

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
        var images = order.AsSpan((batch * BatchSize) + _from, Rows).ToArray();
        var length = Tokenizer.ContextLength;
        var ids = new long[Rows * length];
        for (var b = 0; b < images.Length; b++) _tokens.CopyTo(images[b], CaptionOf(images[b], epoch), ids.AsSpan(b * length, length));
        // The batch outlives the scope that happens to be open while the loader moves on: its taker disposes it.
        var pixels = _store.Gather(images).DetachFromDisposeScope();
        var tokens = torch.tensor(ids, [Rows, length], dtype: torch.int64).DetachFromDisposeScope();
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
