using ClipTransfer.Losses;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>CLIP's two towers g (pictures) and h (texts) into one space of unit vectors, and the logit scale.</summary>
public sealed class DualEncoder : Module
{
    [ComponentName(Name = "image")]
    private readonly Module<Tensor, Tensor> _image;
    [ComponentName(Name = "text")]
    private readonly Module<Tensor, Tensor> _text;
    [ComponentName(Name = "imageProjection")]
    private readonly Module<Tensor, Tensor> _imageProjection;
    [ComponentName(Name = "textProjection")]
    private readonly Module<Tensor, Tensor> _textProjection;
    [ComponentName(Name = "logitScale")]
    private readonly LogitScale _logitScale;
    [ComponentName(Name = "logitBias")]
    private readonly LogitBias? _logitBias;
    private readonly Conv2d? _entrance;

    /// <summary>Makes the model with first weights from torch's generator (fix it by <see cref="Runtime.Seeds.Fix"/>).</summary>
    public DualEncoder(DualEncoderSettings settings)
        : this(
            settings,
            settings.Image.Build(),
            settings.Text.Build(),
            Projection(settings.Projection, settings.Image.FeatureWidth, settings.EmbedDim, settings.Image.ProjectionBias),
            Projection(settings.Projection, settings.Text.FeatureWidth, settings.EmbedDim, hasBias: false))
    {
    }

    /// <summary>Joins towers and heads of any kind; the model owns them.</summary>
    /// <param name="settings">What the towers were made from; here only those of logit scale and bias are used.</param>
    /// <param name="image">Pixels <c>[B, 3, H, W]</c> to features.</param>
    /// <param name="text">Token ids <c>[B, L]</c> to features.</param>
    /// <param name="imageProjection">Image features to <c>[B, D]</c>.</param>
    /// <param name="textProjection">Text features to <c>[B, D]</c>.</param>
    public DualEncoder(
        DualEncoderSettings settings, Module<Tensor, Tensor> image, Module<Tensor, Tensor> text,
        Module<Tensor, Tensor> imageProjection, Module<Tensor, Tensor> textProjection)
        : base(nameof(DualEncoder))
    {
        Settings = settings;
        (_image, _text, _imageProjection, _textProjection) = (image, text, imageProjection, textProjection);
        _logitScale = new LogitScale(settings.Temperature, settings.TrainTemperature);
        _logitBias = settings.LogitBias is { } bias ? new LogitBias(bias) : null;
        RegisterComponents();
        ConvolutionLayout.ChannelsLast(this);
        _entrance = image.modules().OfType<Conv2d>().FirstOrDefault();
    }

    /// <summary>What the model was made from.</summary>
    public DualEncoderSettings Settings { get; }

    /// <summary>1/τ.</summary>
    public LogitScale LogitScale => _logitScale;

    /// <summary>b; null where the settings give none.</summary>
    public LogitBias? LogitBias => _logitBias;

    /// <summary>How many numbers training can change.</summary>
    public long ParameterCount => parameters().Where(p => p.requires_grad).Sum(p => p.numel());

    /// <summary>g(x): normalised pixels <c>[B, 3, H, W]</c> to unit rows <c>[B, D] float32</c>.</summary>
    public Tensor EncodeImage(Tensor pixels) => Unit(ProjectImage(pixels));

    /// <summary>h(y): token ids <c>[B, L] int64</c> to unit rows <c>[B, D] float32</c>.</summary>
    public Tensor EncodeText(Tensor tokens) => Unit(ProjectText(tokens));

    /// <summary>The image embedding before it is given length one, <c>[B, D]</c>: what CyCLIP's linear probe uses.</summary>
    public Tensor ProjectImage(Tensor pixels)
    {
        using var input = Entering(pixels);
        return Join(_image, _imageProjection, input);
    }

    /// <summary>The text embedding before it is given length one, <c>[B, D]</c>.</summary>
    public Tensor ProjectText(Tensor tokens) => Join(_text, _textProjection, tokens);

    /// <summary>The image tower's feature before the head, <c>[B, F]</c>.</summary>
    public Tensor ImageFeatures(Tensor pixels)
    {
        using var input = Entering(pixels);
        return _image.call(input);
    }

    /// <summary>The head on what <see cref="ImageFeatures"/> gave, <c>[B, D]</c>: <see cref="ProjectImage"/> without a second pass through the tower.</summary>
    public Tensor ProjectImageFeatures(Tensor features) => _imageProjection.call(features);

    /// <summary>The text tower's feature before the head, <c>[B, F]</c>.</summary>
    public Tensor TextFeatures(Tensor tokens) => _text.call(tokens);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var child in new Module[] { _image, _text, _imageProjection, _textProjection, _logitScale }) child.Dispose();
            _logitBias?.Dispose();
        }

        base.Dispose(disposing);
    }

    private static Module<Tensor, Tensor> Projection(ProjectionKind kind, int featureWidth, int embedDim, bool hasBias)
    {
        if (kind == ProjectionKind.Residual) return new ResidualProjection(featureWidth, embedDim);
        var linear = Linear(featureWidth, embedDim, hasBias);
        init.normal_(linear.weight!, 0, Math.Pow(featureWidth, -0.5)); // as CLIP's
        if (hasBias) init.zeros_(linear.bias!);
        return linear;
    }

    // In the type of the first convolution, bfloat16 where that is the policy.
    private Tensor Entering(Tensor pixels) =>
        _entrance?.weight is { } kernel && kernel.dtype != pixels.dtype ? pixels.to(kernel.dtype) : pixels.alias();

    private static Tensor Join(Module<Tensor, Tensor> tower, Module<Tensor, Tensor> head, Tensor input)
    {
        using var features = tower.call(input);
        return head.call(features);
    }

    // In float32 at least: half precision has too few digits for a length.
    private static Tensor Unit(Tensor rows)
    {
        using var scope = NewDisposeScope();
        var wide = rows.dtype == ScalarType.Float64 ? rows : rows.to(ScalarType.Float32);
        return functional.normalize(wide, dim: -1).MoveToOuterDisposeScope();
    }
}
