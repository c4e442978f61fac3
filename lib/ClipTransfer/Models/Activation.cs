namespace ClipTransfer.Models;

/// <summary>What stands between the two matrices of a transformer's MLP.</summary>
public enum Activation
{
    /// <summary>x·Φ(x), as open_clip has it.</summary>
    Gelu,

    /// <summary>x·σ(1.702 x), as OpenAI trained CLIP.</summary>
    QuickGelu,
}
