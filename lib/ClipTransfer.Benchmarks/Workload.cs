using ClipTransfer.Data;
using ClipTransfer.Models;
using ClipTransfer.Runtime;
using ClipTransfer.Text;
using static TorchSharp.torch;

namespace ClipTransfer.Benchmarks;

/// <summary>Generated pairs, decoded and tokenised, and the model records that are trained on them.</summary>
internal sealed class Workload : IDisposable
{
    public Workload(DualEncoderSettings model, int imageSize, int pairs, int batchSize, long seed = 0, CaptionTokenizer? tokenizer = null)
    {
        Source = Scenes.Pairs(pairs, seed);
        Tokenizer = tokenizer ?? CaptionTokenizer.Train(Enumerable.Range(0, Math.Min(pairs, 1024)).SelectMany(Source.Captions), new TokenizerSettings { VocabularySize = 2048, ContextLength = 32 });
        Store = PixelStore.Open(Source, imageSize, new PixelStoreOptions { Progress = false, Cache = PixelCache.Memory });
        Loader = new PairLoader(Source, Store, Tokenizer, batchSize, seed);
        // A tower that comes with a larger vocabulary (DistilBERT) keeps its table.
        Model = model.ForTokens(Math.Max(model.Text.VocabularySize, Tokenizer.VocabularySize), Tokenizer.ContextLength, Tokenizer.EndId);
    }

    public IPairSource Source { get; }

    public CaptionTokenizer Tokenizer { get; }

    public PixelStore Store { get; }

    public PairLoader Loader { get; }

    public DualEncoderSettings Model { get; }

    /// <summary>The model with first weights of a seed.</summary>
    public DualEncoder NewModel(long seed = 0)
    {
        Seeds.Fix(seed);
        return new DualEncoder(Model);
    }

    /// <summary>All pictures <c>[N, 3, S, S] uint8</c> and a caption of each <c>[N, L] int64</c>: what a plain loop takes its batches from.</summary>
    public (Tensor Pixels, Tensor Tokens) Tensors() => (
        Store.Gather([.. Enumerable.Range(0, Store.Count)]).DetachFromDisposeScope(),
        Tokenizer.EncodeBatch([.. Enumerable.Range(0, Store.Count).Select(i => Source.Captions(i)[0])]).DetachFromDisposeScope());

    public void Dispose() => Store.Dispose();
}
