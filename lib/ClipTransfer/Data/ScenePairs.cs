namespace ClipTransfer.Data;

/// <summary>Generated image–caption pairs with their latent factors at hand.</summary>
public sealed class ScenePairs : IPairSource
{
    private readonly SceneGenerator _generator;
    private readonly string _settings;

    internal ScenePairs(int count, long seed, SceneOptions options, string split)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        _generator = new SceneGenerator(ItemRandom.Key(seed, $"scenes/pairs/{split}"), options.Checked());
        _settings = FormattableString.Invariant($"scenes pairs version {SceneDrawing.Version}, split {split}, seed {seed}, {options}");
        Count = count;
        Name = split == "train" ? "scenes" : $"scenes/{split}";
        Description = FormattableString.Invariant($"{count} generated scenes with {options.CaptionsPerImage} caption(s) each, seed {seed}, {options}");
    }

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

    /// <summary>What they look like and say.</summary>
    public SceneOptions Options => _generator.Options;

    /// <summary>p_k of the shared feature.</summary>
    public ClassDistribution Classes => Options.Classes;

    /// <summary>The latent factors z and ξ of one picture.</summary>
    public SceneFactors Factors(int image) => _generator.Factors(Within(image));

    /// <summary>One caption with its latent factors ζ.</summary>
    public SceneCaption CaptionFactors(int image, int caption = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(caption);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(caption, Options.CaptionsPerImage);
        return _generator.Caption(image, caption, Factors(image));
    }

    /// <inheritdoc/>
    public RgbImage ReadImage(int image, int size) => SceneDrawing.Draw(Factors(image), size);

    /// <inheritdoc/>
    public IReadOnlyList<string> Captions(int image)
    {
        var factors = Factors(image);
        return [.. Enumerable.Range(0, Options.CaptionsPerImage).Select(c => _generator.Caption(image, c, factors).Text)];
    }

    private int Within(int image)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(image);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(image, Count);
        return image;
    }
}
