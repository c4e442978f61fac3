using ClipTransfer.Data;
using ClipTransfer.Models;
using ClipTransfer.Runtime;
using ClipTransfer.Text;
using static TorchSharp.torch;

namespace ClipTransfer.Evaluation;

/// <summary>Embeds pictures and texts once, so that every evaluation can share them. The model is in evaluation mode meanwhile; no gradients.</summary>
public static class Embeddings
{
    /// <summary>Unit embeddings of pictures.</summary>
    /// <param name="model">The model, on <see cref="TorchRuntime.Device"/>.</param>
    /// <param name="store">The decoded pictures.</param>
    /// <param name="images">Which, in which order; null takes all usable ones.</param>
    /// <param name="batchSize">How many at once; the result does not depend on it.</param>
    /// <returns><c>[N, D] float32</c> on the CPU.</returns>
    public static Tensor Images(DualEncoder model, PixelStore store, IReadOnlyList<int>? images = null, int batchSize = 256)
    {
        var wanted = (images ?? store.Usable).ToArray();
        return Embed(model, wanted.Length, batchSize, (from, count) =>
            model.EncodeImage(PixelNormalisation.Apply(store.Gather(wanted.AsSpan(from, count)).to(TorchRuntime.Device))));
    }

    /// <summary>Features of pictures that are not of length one, for probes: what <paramref name="features"/> makes of a batch of normalised pixels.</summary>
    /// <param name="model">The model, on <see cref="TorchRuntime.Device"/>.</param>
    /// <param name="store">The decoded pictures, all usable ones.</param>
    /// <param name="features"><see cref="DualEncoder.ProjectImage"/> or <see cref="DualEncoder.ImageFeatures"/>.</param>
    /// <param name="batchSize">How many at once; the result does not depend on it.</param>
    /// <returns><c>[N, F] float32</c> on the CPU.</returns>
    public static Tensor Features(DualEncoder model, PixelStore store, Func<Tensor, Tensor> features, int batchSize = 256)
    {
        var wanted = store.Usable.ToArray();
        return Embed(model, wanted.Length, batchSize, (from, count) =>
            features(PixelNormalisation.Apply(store.Gather(wanted.AsSpan(from, count)).to(TorchRuntime.Device))));
    }

    /// <summary>Unit embeddings of texts.</summary>
    /// <param name="model">The model, on <see cref="TorchRuntime.Device"/>.</param>
    /// <param name="tokenizer">The tokenizer that the model was trained with.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="batchSize">How many at once; the result does not depend on it.</param>
    /// <returns><c>[N, D] float32</c> on the CPU.</returns>
    public static Tensor Texts(DualEncoder model, ITokenizer tokenizer, IReadOnlyList<string> texts, int batchSize = 256) =>
        Embed(model, texts.Count, batchSize, (from, count) => model.EncodeText(tokenizer.EncodeBatch([.. texts.Skip(from).Take(count)])));

    // Comparisons with NaN are false, so a broken model would be counted as always right.
    internal static Tensor Finite(Tensor scores, string where) => scores.isfinite().all().item<bool>()
        ? scores
        : throw new InputException(where, "some embeddings are not finite", "Train with a lower learning rate");

    private static Tensor Embed(DualEncoder model, int total, int batchSize, Func<int, int, Tensor> encode)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(total, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        using var scope = NewDisposeScope();
        using var free = no_grad();
        var training = model.training;
        model.eval();
        try
        {
            Tensor? rows = null;
            for (var from = 0; from < total; from += batchSize)
            {
                using var batch = NewDisposeScope();
                var count = Math.Min(batchSize, total - from);
                var found = encode(from, count);
                rows ??= zeros(total, found.shape[1]).MoveToOuterDisposeScope();
                rows.narrow(0, from, count).copy_(found);
            }

            return rows!.MoveToOuterDisposeScope();
        }
        finally
        {
            model.train(training);
        }
    }
}
