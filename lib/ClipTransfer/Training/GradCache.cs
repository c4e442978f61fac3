using ClipTransfer.Data;
using ClipTransfer.Losses;
using ClipTransfer.Models;
using ClipTransfer.Runtime;
using ClipTransfer.Training.Distributed;
using static TorchSharp.torch;

namespace ClipTransfer.Training;

/// <summary>Loss and gradient of a contrastive batch in chunks, with the memory of one chunk: "GradCache" (Gao, Zhang, Han and Callan 2021).</summary>
/// <remarks>
/// Plain accumulation over small batches would give each pair fewer negatives. Here all B pairs meet: (1) embeddings without a graph, a chunk at a time; (2) the loss on
/// all of them, and its gradient with respect to each embedding; (3) each chunk again with a graph, into which that gradient is fed. By the chain rule the sum is the gradient of
/// the whole batch: exact where the embedding of a pair does not depend on its neighbours. Dropout draws from a seed of its own a chunk and tower, so that (3) repeats what
/// (1) drew. Batch normalisation normalises each chunk by itself, as a batch of the chunk's size would be, which is another model than one that sees B at once; its running
/// averages move once a chunk, in (1) only. Of several processes each encodes its rows and takes the loss of these rows against all: embeddings are gathered with gradients.
/// </remarks>
public sealed class GradCache : IDisposable
{
    private readonly DualEncoder _model;
    private readonly IContrastiveLoss _loss;
    private readonly int _chunkSize;
    private readonly RunningBuffers _buffers;
    private readonly ICommunicator _across;

    /// <summary>Makes ready for a model on its device.</summary>
    /// <param name="model">The model.</param>
    /// <param name="loss">The loss over all pairs of a batch.</param>
    /// <param name="chunkSize">Most pairs in a chunk; 0, or no fewer than a batch has, is the plain step.</param>
    /// <param name="across">The processes that share a batch; null is this one alone.</param>
    public GradCache(DualEncoder model, IContrastiveLoss loss, int chunkSize = 0, ICommunicator? across = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(chunkSize);
        (_model, _loss, _chunkSize) = (model, loss, chunkSize);
        _buffers = new RunningBuffers(model);
        _across = across ?? new SingleProcess();
    }

    /// <summary>Adds the gradient of a batch's loss to the parameters' gradients; of several processes each adds a part, and the sum of the parts is the gradient.</summary>
    /// <param name="batch">All B pairs, or this process's rows of them.</param>
    /// <param name="pixels">The image tower's input for some rows of the batch; called twice for each chunk, it must give the same both times.</param>
    /// <param name="seed">Decides the dropout.</param>
    /// <returns>The loss before the step; of several processes the mean over this one's rows.</returns>
    public LossTerms Backward(PairBatch batch, Func<PairBatch, Tensor> pixels, long seed)
    {
        if (_chunkSize == 0 || _chunkSize >= batch.Count)
        {
            Seeds.Fix(seed);
            return Differentiate(_model.EncodeImage(pixels(batch)), _model.EncodeText(batch.Tokens));
        }

        var chunks = Enumerable.Range(0, (batch.Count + _chunkSize - 1) / _chunkSize)
            .Select(k => batch.Rows(k * _chunkSize, Math.Min(_chunkSize, batch.Count - (k * _chunkSize)))).ToArray();
        Func<int, Tensor> encodeImage = k => Drawing("image chunk", k, seed, () => _model.EncodeImage(pixels(chunks[k])));
        Func<int, Tensor> encodeText = k => Drawing("text chunk", k, seed, () => _model.EncodeText(chunks[k].Tokens));
        var image = WithoutGraph(encodeImage, chunks.Length);
        var text = WithoutGraph(encodeText, chunks.Length);
        var terms = Differentiate(image, text); // into the embeddings and the logit scale

        _buffers.Keep();
        Feed(encodeImage, image.grad!.split(_chunkSize));
        Feed(encodeText, text.grad!.split(_chunkSize));
        _buffers.PutBack();
        return terms;
    }

    /// <inheritdoc/>
    public void Dispose() => _buffers.Dispose();

    private LossTerms Differentiate(Tensor image, Tensor text)
    {
        var (all, rows) = (EmbeddingBatch.Of(image, text), image.shape[0]);
        if (_across.Size > 1)
        {
            var gathered = GatherAcross.Of(_across, cat([image, text], 1)).chunk(2, 1);
            all = EmbeddingBatch.Of(gathered[0], gathered[1], _across.Rank * rows, rows);
        }

        var terms = _loss.Compute(all, _model.LogitScale.Value());
        (_across.Size > 1 ? terms.Total / _across.Size : terms.Total).backward(); // the whole loss is the mean of the processes'
        return terms;
    }

    private static Tensor Drawing(string purpose, int chunk, long seed, Func<Tensor> encode)
    {
        Seeds.Fix(Seeds.Derive(seed, purpose, chunk));
        return encode();
    }

    // [B, D], a leaf that back-propagation stops at.
    private static Tensor WithoutGraph(Func<int, Tensor> encode, int chunks)
    {
        using var free = no_grad();
        using var scope = NewDisposeScope();
        var rows = Enumerable.Range(0, chunks).Select(k =>
        {
            using var chunk = NewDisposeScope();
            return encode(k).MoveToOuterDisposeScope();
        });
        return cat([.. rows]).requires_grad_().MoveToOuterDisposeScope();
    }

    private static void Feed(Func<int, Tensor> encode, Tensor[] gradients)
    {
        for (var k = 0; k < gradients.Length; k++)
        {
            using var chunk = NewDisposeScope();
            encode(k).backward([gradients[k]]);
        }
    }
}
