using System.Text.Json.Serialization;
using ClipTransfer.Data;
using static TorchSharp.torch;

namespace ClipTransfer.Evaluation;

/// <summary>What a linear probe found of one factor in unit embeddings.</summary>
/// <param name="Factor">The factor's name.</param>
/// <param name="Of">The encoder.</param>
/// <param name="Role">Shared or unique.</param>
/// <param name="Classes">K.</param>
/// <param name="Chance">The share of the most frequent class among the test pairs: what a constant answer gives.</param>
/// <param name="Accuracy">Top-1 accuracy over the test pairs.</param>
/// <param name="Count">How many test pairs.</param>
/// <param name="Weight">λ of the probe.</param>
public sealed record FactorProbe(string Factor, Modality Of, FactorRole Role, int Classes, double Chance, double Accuracy, int Count, double Weight)
{
    /// <summary>How much of the way from chance to certainty: (accuracy − chance)/(1 − chance). About 0 where the encoder dropped the factor, 1 where the probe always finds it.</summary>
    [JsonIgnore]
    public double Kept => (Accuracy - Chance) / (1 - Chance);

    /// <summary>Fits on one set of scenes and counts on another, as <see cref="LinearProbe"/> does.</summary>
    /// <param name="factor">The factor.</param>
    /// <param name="train">Embeddings of the fitting pairs, in the factor's modality, <c>[N, D]</c>.</param>
    /// <param name="trainPairs">These pairs.</param>
    /// <param name="trainNumbers">For each row its number among them.</param>
    /// <param name="test">Embeddings of the test pairs, <c>[M, D]</c>.</param>
    /// <param name="testPairs">These pairs.</param>
    /// <param name="testNumbers">For each row its number among them.</param>
    /// <param name="seed">Decides the split on which λ is chosen.</param>
    public static FactorProbe Measure(
        SceneFactor factor, Tensor train, ScenePairs trainPairs, IReadOnlyList<int> trainNumbers, Tensor test, ScenePairs testPairs, IReadOnlyList<int> testNumbers, long seed)
    {
        int[] trainLabels = [.. trainNumbers.Select(i => factor.Label(trainPairs, i))], testLabels = [.. testNumbers.Select(i => factor.Label(testPairs, i))];
        var found = LinearProbe.Evaluate(train, trainLabels, test, testLabels, factor.Classes, seed);
        var chance = (double)testLabels.GroupBy(label => label).Max(group => group.Count()) / testLabels.Length;
        return new FactorProbe(factor.Name, factor.Of, factor.Role, factor.Classes, chance, found.Accuracy, found.Count, found.Weight);
    }
}
