using static TorchSharp.torch;

namespace ClipTransfer.Evaluation;

/// <summary>Retrieval where z is known: whether what is found shares z, and how well an encoder could do that knows z and nothing else.</summary>
/// <param name="ImageToText">Pictures whose best caption has their z, as a share.</param>
/// <param name="TextToImage">Captions whose best picture has their z, as a share.</param>
/// <param name="Chance">The mean share of captions that have a picture's z.</param>
/// <param name="Ceiling">For each k: Recall@k of the own pair, expected of an encoder that knows z alone and orders those with one z at random.</param>
public sealed record SharedRetrieval(double ImageToText, double TextToImage, double Chance, IReadOnlyDictionary<int, double> Ceiling)
{
    /// <summary>Measures pairs: row i of both belongs to pair i.</summary>
    /// <param name="images">Unit rows, <c>[N, D]</c>.</param>
    /// <param name="texts">Unit rows, <c>[N, D]</c>.</param>
    /// <param name="classes">z of each pair.</param>
    /// <exception cref="Runtime.InputException">An embedding is not finite.</exception>
    public static SharedRetrieval Measure(Tensor images, Tensor texts, IReadOnlyList<int> classes)
    {
        if (images.shape[0] != classes.Count || texts.shape[0] != classes.Count) throw new ArgumentException($"{images.shape[0]} pictures and {texts.shape[0]} captions; z is known of {classes.Count}");
        using var scope = NewDisposeScope();
        var scores = Embeddings.Finite(images.matmul(texts.t()), "retrieval");
        var size = classes.GroupBy(z => z).ToDictionary(group => group.Key, group => group.Count());
        return new SharedRetrieval(
            Hits(scores.argmax(1)), Hits(scores.argmax(0)), classes.Average(z => (double)size[z] / classes.Count),
            Retrieval.Depths.ToDictionary(k => k, k => classes.Average(z => Math.Min(1, (double)k / size[z]))));

        double Hits(Tensor best) => best.data<long>().ToArray().Select((found, own) => classes[(int)found] == classes[own] ? 1.0 : 0).Average();
    }
}
