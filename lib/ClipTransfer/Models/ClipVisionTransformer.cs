using ClipTransfer.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>CLIP's vision transformer, named as OpenAI and open_clip name it below <c>visual</c>; their <c>visual.proj</c> is the model's image head.</summary>
public sealed class ClipVisionTransformer : Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv1")]
    private readonly Conv2d _patches;
    [ComponentName(Name = "class_embedding")]
    private readonly Parameter _class;
    [ComponentName(Name = "positional_embedding")]
    private readonly Parameter _positions;
    [ComponentName(Name = "ln_pre")]
    private readonly LayerNorm _normBefore;
    [ComponentName(Name = "transformer")]
    private readonly ClipTransformer _transformer;
    [ComponentName(Name = "ln_post")]
    private readonly LayerNorm _normAfter;
    private readonly int _pixels;

    /// <summary>Makes the tower with first weights from torch's generator.</summary>
    /// <exception cref="InputException">The numbers do not fit together.</exception>
    public ClipVisionTransformer(VisionTransformerSettings settings)
        : base(nameof(ClipVisionTransformer))
    {
        var (patch, width, pixels) = (settings.Patch, settings.Width, settings.Pixels);
        if (patch < 1 || pixels < patch || pixels % patch != 0 || settings.Layers < 1 || settings.Heads < 1 || width < 1 || width % settings.Heads != 0)
            throw new InputException("image encoder", $"{settings.Layers} layers of {settings.Heads} heads at width {width}, and {pixels} pixels in patches of {patch} do not fit together",
                "Use heads that divide the width, and patches that divide the picture");
        _pixels = pixels;
        _patches = Conv2d(3, width, patch, patch, bias: false);
        var std = Math.Pow(width, -0.5);
        _class = new Parameter(std * randn(width));
        _positions = new Parameter(std * randn((pixels / patch * (pixels / patch)) + 1, width));
        _normBefore = LayerNorm(width);
        _transformer = new ClipTransformer(width, settings.Layers, settings.Heads, settings.Activation, causal: false);
        _normAfter = LayerNorm(width);
        RegisterComponents();
    }

    /// <summary>Normalised pixels <c>[B, 3, Pixels, Pixels]</c> to the class token's feature <c>[B, W]</c>.</summary>
    /// <exception cref="ArgumentException">The pictures have another size.</exception>
    public override Tensor forward(Tensor input)
    {
        if (input.shape[2] != _pixels || input.shape[3] != _pixels)
            throw new ArgumentException($"pictures of {input.shape[2]}×{input.shape[3]} pixels do not fit a tower for {_pixels}");
        using var scope = NewDisposeScope();
        var x = _patches.call(input).flatten(2).transpose(1, 2);
        var (batch, width) = (x.shape[0], x.shape[2]);
        x = cat([_class.to(x.dtype).expand(batch, 1, width), x], 1) + _positions.to(x.dtype);
        x = _transformer.call(_normBefore.Normalise(x), zeros([batch], ScalarType.Int64, x.device));
        return _normAfter.Normalise(x).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _class.Dispose();
            _positions.Dispose();
            foreach (var child in new Module[] { _patches, _normBefore, _transformer, _normAfter }) child.Dispose();
        }

        base.Dispose(disposing);
    }
}
