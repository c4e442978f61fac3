namespace ClipTransfer.Models;

/// <summary>What leads from a tower's feature to the joint space.</summary>
public enum ProjectionKind
{
    /// <summary>One matrix, as CLIP has it: without bias, except behind the attention pool of its residual networks.</summary>
    Linear,

    /// <summary>Linear, GELU, Linear, dropout, residual, LayerNorm: see <see cref="ResidualProjection"/>.</summary>
    Residual,
}
