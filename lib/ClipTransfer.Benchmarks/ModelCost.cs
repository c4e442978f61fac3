using ClipTransfer.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ClipTransfer.Benchmarks;

/// <summary>What a training step of a model costs, counted while a batch goes through it.</summary>
/// <remarks>
/// Arithmetic: two operations (a product and a sum) for each weight that meets an activation, in convolutions, linear layers and the two products of attention; a backward pass takes
/// twice a forward pass. Norms, non-linearities, the embedding table and the loss are left out, and so is the attention of the last block, which reads one position.
/// Memory: the outputs that back-propagation needs, counted once each.
/// </remarks>
/// <param name="ForwardOperations">Operations of one forward pass of the batch.</param>
/// <param name="ActivationBytes">Bytes of layers' outputs that live until back-propagation.</param>
/// <param name="Parameters">Trained numbers.</param>
internal sealed record ModelCost(long ForwardOperations, long ActivationBytes, long Parameters)
{
    /// <summary>Forward and backward.</summary>
    public long StepOperations => 3 * ForwardOperations;

    /// <summary>Masters, gradients and two moments in float32.</summary>
    public long StateBytes => 16 * Parameters;

    /// <summary>Operations of one convolution: 2 · B · O · h · w · (I · kernel), h and w of the output.</summary>
    public static long Convolution(Tensor output, Tensor weight) => 2 * output.numel() * weight.numel() / weight.shape[0];

    /// <summary>Operations of one linear layer: 2 · rows · out · in.</summary>
    public static long LinearLayer(Tensor output, Tensor weight) => 2 * output.numel() * weight.shape[1];

    /// <summary>Counts a batch.</summary>
    /// <param name="model">The model.</param>
    /// <param name="pixels">Normalised, <c>[B, 3, S, S]</c>.</param>
    /// <param name="tokens"><c>[B, L]</c>.</param>
    public static ModelCost Of(DualEncoder model, Tensor pixels, Tensor tokens)
    {
        long operations = 0, bytes = 0;
        using var scope = NewDisposeScope();
        using var free = no_grad();
        var hooks = model.modules().OfType<nn.Module<Tensor, Tensor>>().Select(module => module.register_forward_hook((layer, input, output) =>
        {
            operations += layer switch
            {
                Conv2d convolution => Convolution(output, convolution.weight!),
                Linear linear => LinearLayer(output, linear.weight!),
                TransformerBlock => 4 * output.numel() * output.shape[1], // scores and their product with the values
                _ => 0,
            };
            // Within a transformer block: the attended values, GELU (four widths) and two sums; within a residual block: the sum.
            bytes += output.numel() * output.element_size() * layer switch
            {
                Conv2d or Linear or GroupNorm or BatchNormalisation or LayerNorm or Embedding or ResidualBlock => 1,
                TransformerBlock => 7,
                _ => 0,
            };
            return output;
        })).ToArray();
        try
        {
            model.EncodeImage(pixels);
            model.EncodeText(tokens);
        }
        finally
        {
            foreach (var hook in hooks) hook.remove();
        }

        return new ModelCost(operations, bytes, model.ParameterCount);
    }
}
