namespace ClipTransfer.Training;

/// <summary>The parts of a dual encoder that may learn at different rates.</summary>
public enum ModelPart
{
    /// <summary>The image tower.</summary>
    Image,

    /// <summary>The text tower.</summary>
    Text,

    /// <summary>Projection heads and logit scale.</summary>
    Heads,
}
