using System.Text.Json.Serialization;

namespace ClipTransfer.Results;

/// <summary>What one model gave on one downstream set.</summary>
/// <param name="Set">The set's name, see <see cref="DownstreamSet"/>.</param>
/// <param name="Pictures">What the pictures are, as their source describes them.</param>
/// <param name="Classes">K; chance is 1/K.</param>
/// <param name="Protocol"><c>zero-shot</c>, <c>probe, 1024 training pictures</c>, or <c>probe, 5 stratified folds</c> with the reason; <c>probe by AdamW</c> where that is the classifier.</param>
/// <param name="Outcomes">Right or wrong, one bit a test picture.</param>
/// <param name="Top5">Of zero-shot the share with the class among the five best; null elsewhere.</param>
/// <param name="PerClass">Accuracy among the pictures of each class.</param>
/// <param name="Purity">Of zero-shot the neighbourhood purity of the image embeddings; null elsewhere.</param>
/// <param name="ProbeWeight">Of a probe by logistic regression its λ; null elsewhere.</param>
/// <param name="MedianMargin">Of zero-shot the median of own prompt's score minus the best other's; null elsewhere.</param>
/// <param name="Neighbours">Of a probe with training pictures what a vote of their k nearest says, k as for purity; null elsewhere.</param>
public sealed record DownstreamResult(
    string Set, string Pictures, int Classes, string Protocol, TestOutcomes Outcomes, double? Top5 = null, IReadOnlyList<double>? PerClass = null,
    double? Purity = null, double? ProbeWeight = null, double? MedianMargin = null, TestOutcomes? Neighbours = null)
{
    /// <summary>The protocol's name for prompts.</summary>
    public const string ZeroShot = "zero-shot";

    /// <summary>Top-1 accuracy.</summary>
    [JsonIgnore]
    public double Accuracy => Outcomes.Accuracy;

    /// <summary>1/K.</summary>
    [JsonIgnore]
    public double Chance => 1.0 / Classes;
}
