using ClipTransfer.Evaluation;

namespace ClipTransfer.Results;

/// <summary>The joint space of one model over held-out pairs.</summary>
/// <param name="Completeness">α, β, γ of its score, once for each choice of what z is.</param>
/// <param name="Gap">How far the modalities lie apart.</param>
/// <param name="Shared">Retrieval of z; null where z is not known.</param>
/// <param name="Factors">What linear probes find in each encoder; empty where factors are not known.</param>
public sealed record JointSpaceResult(IReadOnlyList<ScoreCompleteness> Completeness, ModalityGap Gap, SharedRetrieval? Shared, IReadOnlyList<FactorProbe> Factors)
{
    /// <summary>The probe of a factor in an encoder.</summary>
    /// <exception cref="InvalidOperationException">It was not probed.</exception>
    public FactorProbe Factor(Modality of, string name) => Factors.First(probe => probe.Of == of && probe.Factor == name);

    /// <summary>Completeness under one choice of z.</summary>
    /// <param name="sharedFeature">As <see cref="ScoreCompleteness.SharedFeature"/>; null is the first.</param>
    public ScoreCompleteness CompletenessBy(string? sharedFeature = null) => Completeness.First(found => sharedFeature is null || found.SharedFeature == sharedFeature);
}

