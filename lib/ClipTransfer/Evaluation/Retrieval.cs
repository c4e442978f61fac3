using static TorchSharp.torch;

namespace ClipTransfer.Evaluation;

/// <summary>Retrieval in both directions over a set with several captions an image.</summary>
public static class Retrieval
{
    /// <summary>The ranks that matter: Recall@1, @5 and @10.</summary>
    public static IReadOnlyList<int> Depths { get; } = [1, 5, 10];

    /// <summary>
    /// Image to text: right at k if <i>any</i> of the image's captions is among the k best of all captions. Text to image: right at k if the
    /// caption's image is among the k best of all images.
    /// </summary>
    /// <param name="images">Unit image embeddings, <c>[N, D]</c>.</param>
    /// <param name="texts">Unit caption embeddings, <c>[M, D]</c>.</param>
    /// <param name="imageOfText">For each caption the row of its image; every image has at least one.</param>
    /// <remarks>
    /// Every caption is ranked. CyCLIP's public image-to-text figure is inflated by a bug (only every fifth rank is filled): do not compare with it.
    /// Ties count against the right answer.
    /// </remarks>
    /// <exception cref="Runtime.InputException">An embedding is not finite.</exception>
    public static RetrievalResult Evaluate(Tensor images, Tensor texts, IReadOnlyList<int> imageOfText)
    {
        using var scope = NewDisposeScope();
        var (imageCount, textCount) = ((int)images.shape[0], (int)texts.shape[0]);
        if (textCount != imageOfText.Count) throw new ArgumentException($"{textCount} captions have {imageOfText.Count} images");
        var captionsOf = imageOfText.GroupBy(i => i).ToDictionary(g => g.Key, g => g.Count());
        if (captionsOf.Count != imageCount) throw new ArgumentException($"{captionsOf.Count} of {imageCount} images have captions");
        var owner = tensor(imageOfText.Select(i => (long)i).ToArray());
        var scores = Embeddings.Finite(images.matmul(texts.t()), "retrieval"); // [N, M]
        var own = scores.gather(0, owner.unsqueeze(0)).squeeze(0); // [M]: each caption with its image
        // sum([0]), since the 0 of sum(0) becomes a ScalarType.
        var textRanks = scores.ge(own).sum([0]).sub(1).data<long>().ToArray();

        // The best of the own captions, against the captions of others.
        var mine = arange(imageCount, ScalarType.Int64).unsqueeze(1).eq(owner.unsqueeze(0));
        var bestOwn = scores.masked_fill(mine.logical_not(), float.NegativeInfinity).amax([1], keepdim: true);
        var imageRanks = scores.ge(bestOwn).logical_and(mine.logical_not()).sum([1]).data<long>().ToArray();

        return new RetrievalResult(
            imageCount, textCount,
            Depths.ToDictionary(k => k, k => imageRanks.Count(rank => rank < k)),
            Depths.ToDictionary(k => k, k => textRanks.Count(rank => rank < k)),
            Depths.ToDictionary(k => k, k => captionsOf.Values.Average(c => ChanceOfAny(c, textCount, k))));
    }

    // 1 − C(M−c, k)/C(M, k): at least one of c own captions among k drawn of M.
    private static double ChanceOfAny(int own, int all, int depth)
    {
        double none = 1;
        for (var i = 0; i < depth; i++) none *= Math.Max(0, (double)(all - own - i) / Math.Max(1, all - i));
        return 1 - none;
    }
}
