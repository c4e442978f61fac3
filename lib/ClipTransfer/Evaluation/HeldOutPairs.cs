using ClipTransfer.Data;
using ClipTransfer.Models;
using ClipTransfer.Text;
using ClipTransfer.Theory;
using static TorchSharp.torch;

namespace ClipTransfer.Evaluation;

/// <summary>Embeddings of held-out pairs with all their captions: what retrieval, margins and geometry are measured on.</summary>
public sealed class HeldOutPairs : IDisposable
{
    private HeldOutPairs(Tensor images, Tensor texts, int[] imageOfText, int[] imageNumbers, string[] captions) =>
        (Images, Texts, ImageOfText, ImageNumbers, Captions) = (images, texts, imageOfText, imageNumbers, captions);

    /// <summary><c>[N, D]</c>.</summary>
    public Tensor Images { get; }

    /// <summary><c>[M, D]</c>, all captions of the first image, then of the second, and so on.</summary>
    public Tensor Texts { get; }

    /// <summary>For each caption the row of its image.</summary>
    public IReadOnlyList<int> ImageOfText { get; }

    /// <summary>For each row of <see cref="Images"/> its number in the source.</summary>
    public IReadOnlyList<int> ImageNumbers { get; }

    /// <summary>The captions, in the order of <see cref="Texts"/>.</summary>
    public IReadOnlyList<string> Captions { get; }

    /// <summary>Embeds the usable pictures of a source and all their captions.</summary>
    public static HeldOutPairs Embed(DualEncoder model, ITokenizer tokenizer, IPairSource source, PixelStore store)
    {
        var numbers = store.Usable.ToArray();
        var captions = numbers.Select(source.Captions).ToArray();
        var owners = captions.SelectMany((list, row) => Enumerable.Repeat(row, list.Count)).ToArray();
        string[] all = [.. captions.SelectMany(list => list)];
        return new HeldOutPairs(Embeddings.Images(model, store).DetachFromDisposeScope(), Embeddings.Texts(model, tokenizer, all).DetachFromDisposeScope(), owners, numbers, all);
    }

    /// <summary>Recall in both directions.</summary>
    public RetrievalResult Retrieval() => Evaluation.Retrieval.Evaluate(Images, Texts, ImageOfText);

    /// <summary>The geometry over images and their first captions.</summary>
    public Geometry Geometry()
    {
        using var scope = NewDisposeScope();
        return Evaluation.Geometry.Of(Images, FirstTexts());
    }

    /// <summary>Margins within batches of held-out pairs (first captions), the rest that fills no batch left out.</summary>
    /// <param name="batchSize">B: a margin against more others is smaller, so compare at one size only.</param>
    /// <param name="kind">What the own score is compared with.</param>
    /// <param name="direction">Rows or columns.</param>
    public MarginSample Margins(int batchSize, MarginKind kind = MarginKind.EachOther, MarginDirection direction = MarginDirection.ImageToText)
    {
        using var scope = NewDisposeScope();
        var batches = Images.shape[0] / batchSize;
        var shape = new[] { batches, batchSize, Images.shape[1] };
        var images = Images.narrow(0, 0, batches * batchSize).reshape(shape);
        var texts = FirstTexts().narrow(0, 0, batches * batchSize).reshape(shape);
        return Theory.Margins.OfBatches(images.matmul(texts.transpose(1, 2)), kind, direction);
    }

    /// <summary>The rows of the pictures that fit a caption best, the best first.</summary>
    public IReadOnlyList<int> BestImages(int text, int count)
    {
        using var scope = NewDisposeScope();
        var scores = Images.matmul(Texts[text]);
        return [.. scores.topk(Math.Min(count, (int)Images.shape[0])).indexes.data<long>().Select(row => (int)row)];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Images.Dispose();
        Texts.Dispose();
    }

    /// <summary>The first caption of each picture, <c>[N, D]</c>; the caller disposes it.</summary>
    internal Tensor FirstTexts()
    {
        var first = new long[Images.shape[0]];
        for (var text = ImageOfText.Count - 1; text >= 0; text--) first[ImageOfText[text]] = text;
        return Texts[tensor(first)];
    }
}
