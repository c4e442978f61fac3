using ClipTransfer.Data;
using ClipTransfer.Losses;
using ClipTransfer.Models;
using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Training;

/// <summary>Loss and gradient of a contrastive batch in chunks, with the memory of one chunk: "GradCache" (Gao, Zhang, Han and Callan 2021).</summary>
/// <remarks>
/// Plain accumulation over small batches would give each pair fewer negatives. Here all B pairs meet: (1) embeddings without a graph, a chunk at a time; (2) the loss on
/// all of them, and its gradient with respect to each embedding; (3) each chunk again with a graph, into which that gradient is fed. By the chain rule the sum is the gradient of
/// the whole batch: exact where the embedding of a pair does not depend on its neighbours. Dropout draws from a seed of its own a chunk and tower, so that (3) repeats what
/// (1) drew. Batch normalisation normalises each chunk by itself, as a batch of the chunk's size would be, which is another model than one that sees B at once; its running
/// averages move once a chunk, in (1) only.
/// </remarks>
public sealed class GradCache : IDisposable
{
    private readonly DualEncoder _model;
    private readonly IContrastiveLoss _loss;
    private readonly int _chunkSize;
    private readonly RunningBuffers _buffers;

    /// <summary>Makes ready for a model on its device.</summary>
    /// <param name="model">The model.</param>
    /// <param name="loss">The loss over all pairs of a batch.</param>
    /// <param name="chunkSize">Most pairs in a chunk; 0, or no fewer than a batch has, is the plain step.</param>
    public GradCache(DualEncoder model, IContrastiveLoss loss, int chunkSize = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(chunkSize);
        (_model, _loss, _chunkSize) = (model, loss, chunkSize);
        _buffers = new RunningBuffers(model);
    }

    /// <summary>Adds the gradient of a batch's loss to the parameters' gradients.</summary>
    /// <param name="batch">All B pairs.</param>
    /// <param name="pixels">The image tower's input for some rows of the batch; called twice for each chunk, it must give the same both times.</param>
    /// <param name="seed">Decides the dropout.</param>
    /// <returns>The loss before the step.</returns>
    public LossTerms Backward(PairBatch batch, Func<PairBatch, Tensor> pixels, long seed)
    {
        if (_chunkSize == 0 || _chunkSize >= batch.Count)
        {
            Seeds.Fix(seed);
            var loss = _loss.Compute(_model.EncodeImage(pixels(batch)), _model.EncodeText(batch.Tokens), _model.LogitScale.Value());
            loss.Total.backward();
            return loss;
        }

        var chunks = Enumerable.Range(0, (batch.Count + _chunkSize - 1) / _chunkSize)
            .Select(k => batch.Rows(k * _chunkSize, Math.Min(_chunkSize, batch.Count - (k * _chunkSize)))).ToArray();
        Func<int, Tensor> encodeImage = k => Drawing("image chunk", k, seed, () => _model.EncodeImage(pixels(chunks[k])));
        Func<int, Tensor> encodeText = k => Drawing("text chunk", k, seed, () => _model.EncodeText(chunks[k].Tokens));
        var image = WithoutGraph(encodeImage, chunks.Length);
        var text = WithoutGraph(encodeText, chunks.Length);
        var terms = _loss.Compute(image, text, _model.LogitScale.Value());
        terms.Total.backward(); // into the embeddings and the logit scale

        _buffers.Keep();
        Feed(encodeImage, image.grad!.split(_chunkSize));
        Feed(encodeText, text.grad!.split(_chunkSize));
        _buffers.PutBack();
        return terms;
    }

    /// <inheritdoc/>
    public void Dispose() => _buffers.Dispose();

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
