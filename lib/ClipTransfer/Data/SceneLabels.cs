namespace ClipTransfer.Data;

/// <summary>Generated labelled scenes: one of the downstream sets, its classes equally often.</summary>
public sealed class SceneLabels : ILabelledSource
{
    private readonly SceneGenerator _generator;
    private readonly string _settings;

    internal SceneLabels(int count, long seed, SceneOptions options, SceneSet set, string split)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        options = options with
        {
            // What is not the class is drawn evenly, whatever the pairs' distribution is.
            Classes = ClassDistribution.Uniform(SceneVocabulary.Classes),
            NewBackdrops = set == SceneSet.NewBackdrops,
            Style = set == SceneSet.Outlines ? SceneStyle.Outline : SceneStyle.Filled,
        };
        _generator = new SceneGenerator(ItemRandom.Key(seed, $"scenes/labelled/{set}/{split}"), options.Checked());
        _settings = FormattableString.Invariant($"scenes labelled version {SceneDrawing.Version}, set {set}, split {split}, seed {seed}, {options}");
        Set = set;
        Count = count;
        Name = $"scenes/{NameOf(set)}{(split == "test" ? "" : "/" + split)}";
        ClassNames = set switch
        {
            SceneSet.Shape => [.. SceneVocabulary.ShapeWords.Select(words => words[0])],
            SceneSet.Colour => [.. SceneVocabulary.ColourWords.Select(words => words[0])],
            SceneSet.Texture => SceneVocabulary.TextureWords,
            SceneSet.Backdrop => [.. Enumerable.Range(0, SceneGenerator.FamiliarBackdrops).Select(k => ((SceneBackdrop)k).ToString().ToLowerInvariant())],
            _ => [.. Enumerable.Range(0, SceneVocabulary.Classes).Select(SceneVocabulary.ClassName)],
        };
        Templates = set is SceneSet.Colour or SceneSet.Texture or SceneSet.Backdrop ? SceneVocabulary.PropertyTemplates : SceneVocabulary.ThingTemplates;
        Description = FormattableString.Invariant($"{count} generated scenes of {ClassNames.Count} classes ({NameOf(set)}), seed {seed}");
    }

    /// <summary>Which of the sets.</summary>
    public SceneSet Set { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public string Fingerprint => _settings;

    /// <inheritdoc/>
    public bool IsGenerated => true;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Templates { get; }

    /// <inheritdoc/>
    public int Label(int image)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(image);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(image, Count);
        return image % ClassNames.Count;
    }

    /// <summary>The latent factors of one picture.</summary>
    public SceneFactors Factors(int image)
    {
        var label = Label(image);
        return Set switch
        {
            SceneSet.Shape => _generator.Factors(image, shape: (SceneShape)label),
            SceneSet.Colour => _generator.Factors(image, colour: (SceneColour)label),
            SceneSet.Texture => _generator.Factors(image, texture: (SceneTexture)label),
            SceneSet.Backdrop => _generator.Factors(image, backdrop: (SceneBackdrop)label),
            _ => _generator.Factors(image, (SceneShape)(label / SceneVocabulary.Colours), (SceneColour)(label % SceneVocabulary.Colours)),
        };
    }

    /// <inheritdoc/>
    public RgbImage ReadImage(int image, int size) => SceneDrawing.Draw(Factors(image), size);

    /// <summary>A set's name without <c>scenes/</c>, as in settings files and results: <c>new-backdrops</c>.</summary>
    public static string NameOf(SceneSet set) => set switch
    {
        SceneSet.ShapeColour => "shape-colour",
        SceneSet.NewBackdrops => "new-backdrops",
        _ => set.ToString().ToLowerInvariant(),
    };
}
