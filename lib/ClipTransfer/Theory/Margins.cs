using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>The one place of every margin used anywhere in this project.</summary>
/// <remarks>
/// <para>A margin is "own score minus others' scores" of unscaled scores f (cosines, for unit embeddings), never of logits f/τ. What must be
/// said with a number: the kind (best, mean or each other), the direction, and who the others are.</para>
/// <para>Per batch: the others are the rest of the batch. By default all of it, as the paper's Figure 2 seems to have it [?]: then unintended
/// positives count as others and hold the margin down. With class numbers given, pairs of the own class are left out.</para>
/// <para>Per prompt set: the others are the prompts of the other classes (image to text), or the images of the other classes at the own
/// class's prompt (text to image).</para>
/// </remarks>
public static class Margins
{
    /// <summary>Margins of a batch, own scores on the diagonal.</summary>
    /// <param name="scores">f(x_i, y_j): [B, B], any float type and device.</param>
    /// <param name="kind">What the own score is compared with.</param>
    /// <param name="direction">Rows or columns.</param>
    /// <param name="classes">[B] int64: pairs of one class are no others of each other; null: all off-diagonal pairs are.</param>
    /// <exception cref="InputException">The matrix is not square, or nothing is left to compare with.</exception>
    public static MarginSample OfBatch(Tensor scores, MarginKind kind, MarginDirection direction, Tensor? classes = null)
    {
        if (scores.dim() != 2 || scores.shape[0] != scores.shape[1])
            throw new InputException("Margins.OfBatch", $"the scores have shape [{string.Join(", ", scores.shape)}]", "Give f(x_i, y_j) of B images and B texts");
        using var scope = NewDisposeScope();
        var f = Prepare(scores, direction);
        var same = classes is null ? eye(f.shape[0], dtype: @bool) : SameClass(classes, classes);
        return Compare(f, f.diagonal(), same, kind, direction);
    }

    /// <summary>Margins of many batches of one size, joined.</summary>
    /// <param name="scores">[n, B, B].</param>
    /// <param name="kind">What the own score is compared with.</param>
    /// <param name="direction">Rows or columns.</param>
    /// <param name="classes">[n, B] int64, or null, as in <see cref="OfBatch"/>.</param>
    public static MarginSample OfBatches(Tensor scores, MarginKind kind, MarginDirection direction, Tensor? classes = null)
    {
        using var scope = NewDisposeScope();
        var batches = Enumerable.Range(0, (int)scores.shape[0]).Select(b => OfBatch(scores[b], kind, direction, classes?[b])).ToArray();
        return MarginSample.Join(batches);
    }

    /// <summary>Margins of images against one score for each class (one prompt, or the mean over templates).</summary>
    /// <param name="scores">f(x_i, y_k): [N, K].</param>
    /// <param name="classes">The own class of each image: [N] int64.</param>
    /// <param name="kind">What the own score is compared with.</param>
    /// <param name="direction">Image to text: others are other prompts. Text to image: others are images of other classes at the own prompt.</param>
    /// <exception cref="InputException">Shapes that do not fit, or nothing left to compare with.</exception>
    public static MarginSample OfPromptSet(Tensor scores, Tensor classes, MarginKind kind, MarginDirection direction = MarginDirection.ImageToText)
    {
        if (scores.dim() != 2 || classes.shape[0] != scores.shape[0])
            throw new InputException("Margins.OfPromptSet", $"scores [{string.Join(", ", scores.shape)}] with {classes.shape[0]} classes", "Give f(x_i, y_k) of N images and K prompts, and N class numbers");
        using var scope = NewDisposeScope();
        var f = scores.detach().to(float64).cpu();
        var own = classes.cpu();
        var ownScores = f.gather(1, own.unsqueeze(1)).squeeze(1);
        if (direction == MarginDirection.TextToImage)
        {
            // Row i: the scores of all images at the prompt of i's class.
            return Compare(f.t()[own], ownScores, SameClass(own, own), kind, direction);
        }
        return Compare(f, ownScores, SameClass(own, arange(f.shape[1], dtype: int64)), kind, direction);
    }

    private static Tensor Prepare(Tensor scores, MarginDirection direction)
    {
        var f = scores.detach().to(float64).cpu();
        return direction == MarginDirection.ImageToText ? f : f.t();
    }

    private static Tensor SameClass(Tensor rows, Tensor columns) => rows.cpu().unsqueeze(1).eq(columns.cpu().unsqueeze(0));

    // f: [N, M]; own: [N]; excluded: [N, M], true where a column is no "other" of that row.
    private static MarginSample Compare(Tensor f, Tensor own, Tensor excluded, MarginKind kind, MarginDirection direction)
    {
        var others = excluded.logical_not();
        var counts = others.sum(1);
        var kept = counts.gt(0);
        // A row with no other has no margin: a batch in which all pairs share a class.
        if (!kept.any().item<bool>()) throw new InputException("Margins", "there is nothing to compare the own score with", "Use at least two classes (or two pairs) in a batch");
        var margins = kind switch
        {
            MarginKind.BestOther => (own - f.masked_fill(excluded, double.NegativeInfinity).amax([1]))[kept],
            MarginKind.MeanOther => (own - f.masked_fill(excluded, 0).sum(1) / counts.to(float64))[kept],
            MarginKind.EachOther => (own.unsqueeze(1) - f).masked_select(others),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
        return new MarginSample(kind, direction, margins.contiguous().data<double>().ToArray());
    }
}
