using ClipTransfer.Data;
using ClipTransfer.Evaluation;
using ClipTransfer.Models;
using ClipTransfer.Text;

namespace ClipTransfer.Results;

/// <summary>Zero-shot classification as results keep it.</summary>
/// <param name="Data">What was classified.</param>
/// <param name="Count">N, the pictures.</param>
/// <param name="Classes">K.</param>
/// <param name="CorrectAt">For each r: pictures whose class is among the r best.</param>
/// <param name="Accuracy">Top-1 accuracy.</param>
/// <param name="Chance">1/K.</param>
/// <param name="PerClass">Accuracy among the pictures of each class, NaN for a class without any.</param>
public sealed record ZeroShotSummary(
    string Data, int Count, int Classes, IReadOnlyDictionary<int, int> CorrectAt, double Accuracy, double Chance, IReadOnlyList<double> PerClass)
{
    /// <summary>Measures a model on labelled pictures, with their own class names and templates.</summary>
    public static ZeroShotSummary Of(DualEncoder model, ITokenizer tokenizer, ILabelledSource labelled, int imageSize)
    {
        using var store = PixelStore.Open(labelled, imageSize);
        using var classifier = ZeroShot.Classifier(model, tokenizer, labelled.ClassNames, labelled.Templates);
        using var images = Embeddings.Images(model, store);
        var result = ZeroShot.Evaluate(images, classifier, [.. store.Usable.Select(labelled.Label)], 5);
        return new ZeroShotSummary(labelled.Description, result.Count, result.Classes, result.CorrectAt, result.Accuracy, result.Chance, result.PerClass);
    }
}
