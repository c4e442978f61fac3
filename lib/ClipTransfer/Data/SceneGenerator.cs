namespace ClipTransfer.Data;

/// <summary>Draws the latent factors and captions of item i from the streams of its seed.</summary>
internal sealed class SceneGenerator(ulong key, SceneOptions options)
{
    internal const int FamiliarBackdrops = (int)SceneBackdrop.Rings;
    private const int NewBackdrops = (int)SceneBackdrop.Patches + 1 - FamiliarBackdrops;

    // One stream a factor: an option that changes one leaves the others as they were.
    private enum Stream
    {
        Class,
        Texture,
        Backdrop,
        Place,
        Light,
        Clutter,
        Caption,
    }

    public SceneOptions Options => options;

    public SceneFactors Factors(int item, SceneShape? shape = null, SceneColour? colour = null, SceneTexture? texture = null, SceneBackdrop? backdrop = null)
    {
        var drawn = options.Classes.At(Of(item, Stream.Class).Unit());
        var textures = Of(item, Stream.Texture);
        var backdrops = Of(item, Stream.Backdrop);
        var places = Of(item, Stream.Place);
        var lights = Of(item, Stream.Light);
        var background = (SceneBackdrop)(options.NewBackdrops ? FamiliarBackdrops + backdrops.Below(NewBackdrops) : backdrops.Below(FamiliarBackdrops));
        var tone = backdrops.Below(ScenePalette.Tones);
        var accent = (tone + 1 + backdrops.Below(ScenePalette.Tones - 1)) % ScenePalette.Tones;
        var phase = backdrops.Unit();
        var radius = places.Between(0.18, 0.32);
        return new SceneFactors(
            shape ?? (SceneShape)(drawn / SceneVocabulary.Colours),
            colour ?? (SceneColour)(drawn % SceneVocabulary.Colours),
            texture ?? (SceneTexture)textures.Below(SceneVocabulary.TextureWords.Count),
            options.Style, backdrop ?? background, tone, accent, phase,
            X: places.Between(radius, 1 - radius),
            Y: places.Between(radius, 1 - radius),
            radius,
            // Within ±25°, so that no shape turns into another.
            Rotation: places.Between(-25, 25),
            Light: lights.Between(0.85, 1.15),
            Clutter(item));
    }

    public SceneCaption Caption(int item, int caption, SceneFactors factors)
    {
        var random = Of(item, (Stream)((int)Stream.Caption + caption));
        var wording = random.Below(SceneVocabulary.Wordings.Count);
        var shapeWord = Word(ref random, SceneVocabulary.ShapeWords[(int)factors.Shape]);
        var colourWord = Word(ref random, SceneVocabulary.ColourWords[(int)factors.Colour]);
        var textureWord = random.Chance(options.TextureNamedRate) ? SceneVocabulary.TextureWords[(int)factors.Texture] : null;
        var remarks = new List<string>();
        var number = random.Chance(options.RemarkRate) ? 1 + random.Below(2) : 0;
        var topic = random.Below(SceneVocabulary.Remarks.Count);
        for (var r = 0; r < number; r++)
        {
            remarks.Add(random.Pick(SceneVocabulary.Remarks[topic]));
            topic = (topic + 1 + random.Below(SceneVocabulary.Remarks.Count - 1)) % SceneVocabulary.Remarks.Count;
        }

        var first = random.Below(2) == 0;
        var thing = textureWord is null ? shapeWord : $"{textureWord} {shapeWord}";
        var sentence = SceneVocabulary.WithArticles(
            SceneVocabulary.Wordings[wording].Replace("{0}", colourWord, StringComparison.Ordinal).Replace("{1}", thing, StringComparison.Ordinal));
        var text = string.Join(" , ", first ? [.. remarks, sentence] : (string[])[sentence, .. remarks]);
        return new SceneCaption(text, wording, shapeWord, colourWord, textureWord, remarks, first);
    }

    private string Word(ref ItemRandom random, IReadOnlyList<string> words)
    {
        // Both numbers are drawn always, so that the rate changes no later draw.
        var other = random.Chance(options.SynonymRate);
        var which = 1 + random.Below(words.Count - 1);
        return words[other ? which : 0];
    }

    private SceneClutter[] Clutter(int item)
    {
        var random = Of(item, Stream.Clutter);
        var pieces = new SceneClutter[random.Below(options.MostClutter + 1)];
        for (var i = 0; i < pieces.Length; i++)
            pieces[i] = new SceneClutter(
                random.Unit(), random.Unit(), random.Between(0.02, 0.05), random.Between(0, 180), random.Below(3), (SceneColour)random.Below(SceneVocabulary.Colours));
        return pieces;
    }

    private ItemRandom Of(int item, Stream factor) => ItemRandom.Of(key, item, (int)factor);
}
