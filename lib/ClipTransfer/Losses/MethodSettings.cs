using ClipTransfer.Runtime;

namespace ClipTransfer.Losses;

/// <summary>A method by its name in results, with its weights: what a settings file says of the loss.</summary>
public sealed record MethodSettings
{
    private const string Regularised = "+Reg";

    /// <summary>The names: the paper's four methods, and CyCLIP with the paper's regulariser.</summary>
    public static IReadOnlyList<string> Names { get; } = ["CLIP", "CyCLIP", "CLIP+Reg", "L2", "CyCLIP+Reg"];

    /// <summary>One of <see cref="Names"/>.</summary>
    public string Name { get; init; } = "CLIP";

    /// <summary>λ of the regulariser, where the method has one.</summary>
    public double Weight { get; init; } = 0.1;

    /// <summary>CyCLIP's λ1.</summary>
    public double InModalWeight { get; init; } = 0.25;

    /// <summary>CyCLIP's λ2.</summary>
    public double CrossModalWeight { get; init; } = 0.25;

    /// <summary>Whether the two directions of the contrastive loss are averaged or added.</summary>
    public DirectionConvention Directions { get; init; } = DirectionConvention.Mean;

    /// <summary>The loss.</summary>
    /// <exception cref="InputException">There is no such method, or a weight is negative.</exception>
    public IContrastiveLoss Create()
    {
        if (!Names.Contains(Name)) throw new InputException($"method '{Name}'", "is not known", $"Did you mean '{NearestName.Of(Name, Names)}'? There are {string.Join(", ", Names)}");
        if (!(Weight >= 0 && InModalWeight >= 0 && CrossModalWeight >= 0)) throw new InputException($"method '{Name}'", "has a weight that is not a number of at least 0", "Correct it");
        if (Name == "L2") return new L2OnlyLoss();
        IContrastiveLoss contrastive = Name.StartsWith("Cy", StringComparison.Ordinal) ? new CyClipLoss(InModalWeight, CrossModalWeight, Directions) : new ClipLoss(Directions);
        return Name.EndsWith(Regularised, StringComparison.Ordinal) ? new ClipRegLoss(Weight, contrastive) : contrastive;
    }
}
