namespace ClipTransfer.Data;

/// <summary>What scenes look like and what their captions say. The defaults are the paper's data model: x ⊥ y given z.</summary>
public sealed record SceneOptions
{
    /// <summary>The side in pixels that scenes are meant for; they can be drawn at any.</summary>
    public const int DefaultSize = 48;

    /// <summary>p_k of the shared feature over the 64 classes (8 × shape + colour).</summary>
    public ClassDistribution Classes { get; init; } = ClassDistribution.Uniform(SceneVocabulary.Classes);

    /// <summary>Captions of each picture; they share z and differ in everything else.</summary>
    public int CaptionsPerImage { get; init; } = 1;

    /// <summary>Probability that a shape or colour goes by another word than its class name.</summary>
    public double SynonymRate { get; init; } = 0.25;

    /// <summary>Probability that a caption also remarks on what no picture shows; half of these make two remarks.</summary>
    public double RemarkRate { get; init; } = 0.8;

    /// <summary>
    /// Probability that a caption names the texture. 0 keeps texture image-only, as the paper's model has it; a small value makes it a
    /// feature that captions seldom name.
    /// </summary>
    public double TextureNamedRate { get; init; }

    /// <summary>Most pieces of clutter; their number is uniform from 0.</summary>
    public int MostClutter { get; init; } = 6;

    /// <summary>Filled, or outlines (shift).</summary>
    public SceneStyle Style { get; init; } = SceneStyle.Filled;

    /// <summary>Whether backdrops are of the kinds kept for the shift set instead of the familiar ones.</summary>
    public bool NewBackdrops { get; init; }

    /// <summary>All settings in one line, for results and caches.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"classes {Classes.Name}, captions {CaptionsPerImage}, synonyms {SynonymRate}, remarks {RemarkRate}, texture named {TextureNamedRate}, clutter ≤ {MostClutter}, style {Style}, new backdrops {NewBackdrops}");

    internal SceneOptions Checked()
    {
        if (Classes.Count != SceneVocabulary.Classes)
            throw new ArgumentException($"scenes have {SceneVocabulary.Classes} classes, the distribution has {Classes.Count}");
        if (CaptionsPerImage < 1) throw new ArgumentException("each picture needs at least one caption");
        if (MostClutter is < 0 or > 64) throw new ArgumentException("clutter is 0 to 64 pieces");
        foreach (var rate in new[] { SynonymRate, RemarkRate, TextureNamedRate })
            if (!(rate >= 0 && rate <= 1)) throw new ArgumentException("rates lie between 0 and 1");
        return this;
    }
}
