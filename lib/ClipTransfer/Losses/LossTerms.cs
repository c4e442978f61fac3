using static TorchSharp.torch;

namespace ClipTransfer.Losses;

/// <summary>A loss and what it is made of.</summary>
/// <param name="Total">What training makes small: a scalar, float32 or wider.</param>
/// <param name="Terms">Each term by name, before its weight (λ) is applied: scalars.</param>
public sealed record LossTerms(Tensor Total, IReadOnlyDictionary<string, Tensor> Terms);
