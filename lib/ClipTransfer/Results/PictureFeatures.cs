using ClipTransfer.Data;
using ClipTransfer.Evaluation;
using ClipTransfer.Models;
using static TorchSharp.torch;

namespace ClipTransfer.Results;

/// <summary>What the tests on labelled sets read of a set's pictures, from one pass through the image tower.</summary>
/// <param name="Unit">Unit embeddings for prompts and neighbours, <c>[N, D] float32</c> on the CPU.</param>
/// <param name="Probed">What a linear probe reads, <c>[N, F] float32</c> on the CPU.</param>
internal sealed record PictureFeatures(Tensor Unit, Tensor Probed)
{
    /// <summary>Sends all usable pictures of a store through a model.</summary>
    public static PictureFeatures Of(DualEncoder model, PixelStore store, ProbeFeatures probed)
    {
        if (probed == ProbeFeatures.Embedding)
        {
            var rows = Embeddings.Features(model, store, model.ProjectImage);
            return new PictureFeatures(nn.functional.normalize(rows, dim: -1), rows);
        }

        // Tower and head side by side, cut apart again below.
        long width = 0;
        var both = Embeddings.Features(model, store, pixels =>
        {
            var tower = model.ImageFeatures(pixels);
            width = tower.shape[1];
            return cat([tower.to(ScalarType.Float32), model.ProjectImageFeatures(tower).to(ScalarType.Float32)], 1);
        });
        return new PictureFeatures(nn.functional.normalize(both.narrow(1, width, both.shape[1] - width), dim: -1), both.narrow(1, 0, width));
    }
}
