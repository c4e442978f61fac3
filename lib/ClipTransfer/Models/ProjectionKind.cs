namespace ClipTransfer.Models;

/// <summary>What leads from a tower's feature to the joint space.</summary>
public enum ProjectionKind
{
    /// <summary>One matrix without bias, as CLIP has it.</summary>
    Linear,

    /// <summary>Linear, GELU, Linear, dropout, residual, LayerNorm: see <see cref="ResidualProjection"/>.</summary>
    Residual,
}
