namespace ClipTransfer.Models.Weights;

/// <summary>One tensor under its name in a <see cref="DualEncoder"/> and its name in a public checkpoint.</summary>
/// <param name="Model">In the model's state dict.</param>
/// <param name="File">In the checkpoint.</param>
/// <param name="Transposed">Whether the checkpoint has a matrix the other way round: CLIP multiplies its projections from the right.</param>
/// <param name="Optional">Whether a checkpoint may lack it.</param>
public sealed record WeightName(string Model, string File, bool Transposed = false, bool Optional = false);
