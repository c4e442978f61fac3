namespace ClipTransfer.Theory;

/// <summary>Which unique feature a score reads besides the shared one.</summary>
public enum UniqueRead
{
    /// <summary>f = ⟨z_x, z_y⟩ + w·⟨ξ, z_y⟩ on the first K2 axes.</summary>
    ImageOnly,

    /// <summary>f = ⟨z_x, z_y⟩ + w·⟨ζ, z_x⟩ on the first K3 axes.</summary>
    TextOnly,

    /// <summary>f = ⟨z_x, z_y⟩ + w·⟨ξ, ζ⟩ on the first min(K2, K3) axes.</summary>
    Both,
}

/// <summary>How completeness falls when a score reads unique features with growing weight.</summary>
public static class UniqueFeatureSweep
{
    /// <summary>Measures completeness for each weight (outer list) and seed (inner list); a seed makes its own model.</summary>
    /// <param name="settings">The data; its seed is replaced.</param>
    /// <param name="reads">What the score reads.</param>
    /// <param name="weights">w.</param>
    /// <param name="seeds">Repetitions.</param>
    /// <param name="options">How much to draw.</param>
    public static IReadOnlyList<IReadOnlyList<CompletenessEstimate>> Run(
        SharedFeatureSettings settings, UniqueRead reads, IReadOnlyList<double> weights, IReadOnlyList<long> seeds, CompletenessOptions? options = null) =>
        StudyRunner.Grid(weights, seeds, (weight, seed) =>
        {
            using var model = new SharedFeatureModel(settings with { Seed = seed });
            var map = model.MapOf(
                1, reads == UniqueRead.TextOnly ? weight : 0, reads == UniqueRead.ImageOnly ? weight : 0, reads == UniqueRead.Both ? weight : 0);
            return Completeness.Measure(model, (x, y) => LinearClip.PairScores(map, x, y), settings.Gamma, seed, options);
        });
}
