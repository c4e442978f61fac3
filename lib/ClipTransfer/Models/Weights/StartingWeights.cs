using ClipTransfer.Runtime;

namespace ClipTransfer.Models.Weights;

/// <summary>What a tower starts from: said in a run's document.</summary>
/// <param name="Part"><c>image</c>, <c>text</c> or <c>both</c>.</param>
/// <param name="Name">The entry of <see cref="WeightsCatalog"/>; null for a start from scratch.</param>
/// <param name="Sha256">The published SHA-256 of its file, where there is one.</param>
public sealed record StartingWeights(string Part, string? Name, string? Sha256)
{
    /// <summary>Loads the public weights that fit a model's towers and are in the data folder; a tower without any keeps its random start.</summary>
    /// <param name="model">The model, not yet taken over by a trainer.</param>
    /// <param name="dataFolder">The data folder, into which <c>data get weights/NAME</c> puts them; null for none.</param>
    /// <returns>One record a part.</returns>
    /// <exception cref="InputException">A file is there and does not fit.</exception>
    public static IReadOnlyList<StartingWeights> LoadPresent(DualEncoder model, string? dataFolder)
    {
        var whole = WeightsCatalog.Entries.FirstOrDefault(e => e.Kind == "dual encoder" && e.Model == model.Settings.Name);
        if (Take(whole, dataFolder, path => PublicWeights.LoadClip(model, path)) is { } both) return [new StartingWeights("both", both.Name, both.Files[0].Sha256)];
        var image = model.Settings.Image is ResNetSettings resNet && resNet.Blocks.SequenceEqual(ResNetSettings.ResNet50.Blocks) && resNet.Width == ResNetSettings.ResNet50.Width
            ? WeightsCatalog.Find("resnet50")
            : null;
        var text = model.Settings.Text is DistilBertSettings distilBert && distilBert with { ContextLength = 512, Dropout = 0.1 } == DistilBertSettings.Base
            ? WeightsCatalog.Find("distilbert")
            : null;
        var takenImage = Take(image, dataFolder, path => PublicWeights.LoadImageTower(model, path));
        var takenText = Take(text, dataFolder, path => PublicWeights.LoadTextTower(model, path));
        return [new StartingWeights("image", takenImage?.Name, takenImage?.Files[0].Sha256), new StartingWeights("text", takenText?.Name, takenText?.Files[0].Sha256)];
    }

    private static WeightsEntry? Take(WeightsEntry? entry, string? dataFolder, Action<string> load)
    {
        if (entry is null || WeightsCatalog.Locate(entry.Name, dataFolder) is not { } path) return null;
        load(path);
        return entry;
    }
}
