using ClipTransfer.Models;
using ClipTransfer.Runtime;
using ClipTransfer.Text;
using ClipTransfer.Theory;
using static TorchSharp.torch;

namespace ClipTransfer.Evaluation;

/// <summary>Zero-shot classification by prompts, with CLIP's template ensemble.</summary>
public static class ZeroShot
{
    /// <summary>One unit vector a class: each template's prompt embedded and normalised, averaged, normalised again, as CLIP's and CyCLIP's code does [S].</summary>
    /// <returns><c>[K, D] float32</c> on the CPU.</returns>
    public static Tensor Classifier(DualEncoder model, ITokenizer tokenizer, IReadOnlyList<string> classNames, IReadOnlyList<string> templates)
    {
        if (templates.Count == 0 || classNames.Count == 0)
            throw new InputException("zero-shot", $"{classNames.Count} classes and {templates.Count} templates", "Give at least one of each");
        using var scope = NewDisposeScope();
        var prompts = classNames.SelectMany(name => PromptTemplates.Fill(templates, name)).ToArray();
        var rows = Embeddings.Texts(model, tokenizer, prompts);
        return Ensemble(rows.view(classNames.Count, templates.Count, -1)).MoveToOuterDisposeScope();
    }

    /// <summary>The mean over templates <c>[K, P, D]</c> of unit rows, of length one again: <c>[K, D]</c>.</summary>
    public static Tensor Ensemble(Tensor prompts) => nn.functional.normalize(prompts.mean([1]), dim: -1);

    /// <summary>Predicts the class whose vector has the greatest score f, and counts.</summary>
    /// <param name="images">Unit image embeddings, <c>[N, D]</c>.</param>
    /// <param name="classifier">One unit vector a class, <c>[K, D]</c>.</param>
    /// <param name="labels">The true classes, N of them.</param>
    /// <param name="topK">The r of top-r accuracies besides 1, each at most K.</param>
    /// <remarks>A tie with the true class counts as wrong: an encoder that maps everything to one point scores 0, not by luck of the order.</remarks>
    /// <exception cref="InputException">An embedding is not finite.</exception>
    public static ZeroShotResult Evaluate(Tensor images, Tensor classifier, IReadOnlyList<int> labels, params IReadOnlyList<int> topK)
    {
        using var scope = NewDisposeScope();
        var classes = (int)classifier.shape[0];
        if (images.shape[0] != labels.Count) throw new ArgumentException($"{images.shape[0]} images have {labels.Count} labels");
        var scores = Embeddings.Finite(images.matmul(classifier.t()), "zero-shot");
        var own = tensor(labels.Select(l => (long)l).ToArray());
        var ownScores = scores.gather(1, own.unsqueeze(1));
        // Rank 0 is best. Others that tie stand before the true class.
        var ranks = scores.ge(ownScores).sum([1]).sub(1).data<long>().ToArray();
        var best = scores.scatter(1, own.unsqueeze(1), full_like(ownScores, float.NegativeInfinity)).argmax(1).data<long>().ToArray();
        var confusion = new int[classes, classes];
        for (var i = 0; i < ranks.Length; i++) confusion[labels[i], ranks[i] == 0 ? labels[i] : (int)best[i]]++;
        var top = topK.Where(r => r <= classes).Prepend(1).Distinct().ToDictionary(r => r, r => ranks.Count(rank => rank < r));
        return new ZeroShotResult(ranks.Length, classes, top, confusion, Margins.OfPromptSet(scores, own, MarginKind.BestOther));
    }
}
