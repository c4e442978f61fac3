using static TorchSharp.torch;

namespace ClipTransfer.Models;

/// <summary>Activations as functions.</summary>
internal static class ActivationFunction
{
    /// <summary>Applies it number by number.</summary>
    public static Tensor Apply(this Activation activation, Tensor x) =>
        activation == Activation.Gelu ? nn.functional.gelu(x) : x * (1.702 * x).sigmoid();
}
