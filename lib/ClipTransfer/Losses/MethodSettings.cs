using ClipTransfer.Runtime;

namespace ClipTransfer.Losses;

/// <summary>A method by its name in results, with its weights: what a settings file says of the loss.</summary>
public sealed record MethodSettings
{
    private const string Pairwise = "SigLIP";

    /// <summary>The names: the paper's four methods, the paper's regulariser on CyCLIP and SigLIP, and its variants on negative pairs.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["CLIP", "CyCLIP", "CLIP+Reg", "L2", "CyCLIP+Reg", "CLIP+RegNegatives", "CLIP+RegBoth", Pairwise, Pairwise + "+Reg"];

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

    /// <summary>Says what is wrong, before anything is opened or trained.</summary>
    /// <param name="hasBias">Whether the model has a logit bias.</param>
    /// <exception cref="InputException">There is no such method, a weight is negative, or SigLIP's bias is missing.</exception>
    public void Check(bool hasBias)
    {
        if (!Names.Contains(Name)) throw new InputException($"method '{Name}'", "is not known", $"Did you mean '{NearestName.Of(Name, Names)}'? There are {string.Join(", ", Names)}");
        if (!(Weight >= 0 && InModalWeight >= 0 && CrossModalWeight >= 0)) throw new InputException($"method '{Name}'", "has a weight that is not a number of at least 0", "Correct it");
        if (Name.StartsWith(Pairwise, StringComparison.Ordinal) && !hasBias)
            throw new InputException($"method '{Name}'", "needs a logit bias, which the model does not have", "Set model.logitBias; SigLIP starts it at -10, and model.temperature at 0.1");
    }

    /// <summary>The loss.</summary>
    /// <param name="bias">The model's logit bias, for SigLIP; null where it has none.</param>
    /// <inheritdoc cref="Check"/>
    public IContrastiveLoss Create(LogitBias? bias = null)
    {
        Check(bias is not null);
        var parts = Name.Split('+');
        IContrastiveLoss loss = parts[0] switch
        {
            "L2" => new L2OnlyLoss(),
            "CyCLIP" => new CyClipLoss(InModalWeight, CrossModalWeight, Directions),
            Pairwise => new SigLipLoss(bias!),
            _ => new ClipLoss(Directions),
        };
        return parts.ElementAtOrDefault(1) switch
        {
            null => loss,
            "RegNegatives" => new ClipRegLoss(Weight, loss, RegularisedPairs.Negatives),
            "RegBoth" => new ClipRegLoss(Weight, loss, RegularisedPairs.Both),
            _ => new ClipRegLoss(Weight, loss),
        };
    }
}
