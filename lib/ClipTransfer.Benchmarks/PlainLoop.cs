using ClipTransfer.Data;
using ClipTransfer.Models;
using ClipTransfer.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ClipTransfer.Benchmarks;

/// <summary>The training loop that a TorchSharp user writes today: float32, TorchSharp's layout, its AdamW over single tensors, pictures already decoded in one tensor.</summary>
internal sealed class PlainLoop : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> _image;
    private readonly nn.Module<Tensor, Tensor> _text;
    private readonly Linear _imageProjection;
    private readonly Linear _textProjection;
    private readonly Parameter _logScale;
    private readonly optim.Optimizer _optimizer;
    private readonly Parameter[] _parameters;
    private readonly Tensor _mean;
    private readonly Tensor _deviation;
    private readonly TrainingSettings _settings;

    /// <summary>
    /// Makes the loop from a model's records. Residual tower and transformer are written out plainly; ResNet and DistilBERT are the library's own modules, whose kernels lie in
    /// TorchSharp's layout as long as no <see cref="DualEncoder"/> joins them.
    /// </summary>
    public PlainLoop(DualEncoderSettings model, TrainingSettings settings)
    {
        _settings = settings;
        _image = model.Image switch
        {
            ImageEncoderSettings residual => new PlainImageTower(residual),
            ResNetSettings resNet => new ResNet(resNet),
            _ => throw new ArgumentException($"no plain tower for {model.Image}", nameof(model)),
        };
        _text = model.Text switch
        {
            TextEncoderSettings transformer => new PlainTextTower(transformer),
            DistilBertSettings bert => new DistilBert(bert),
            _ => throw new ArgumentException($"no plain tower for {model.Text}", nameof(model)),
        };
        _imageProjection = nn.Linear(model.Image.FeatureWidth, model.EmbedDim, hasBias: false);
        _textProjection = nn.Linear(model.Text.FeatureWidth, model.EmbedDim, hasBias: false);
        _logScale = new Parameter(tensor((float)Math.Log(1 / model.Temperature)));
        _parameters = [.. _image.parameters(), .. _text.parameters(), .. _imageProjection.parameters(), .. _textProjection.parameters(), _logScale];
        _optimizer = optim.AdamW(_parameters, settings.LearningRate, settings.Beta1, settings.Beta2, settings.Epsilon, settings.WeightDecay);
        _mean = tensor([.. PixelNormalisation.Mean], [1, 3, 1, 1]).DetachFromDisposeScope();
        _deviation = tensor([.. PixelNormalisation.Deviation], [1, 3, 1, 1]).DetachFromDisposeScope();
    }

    /// <summary>Takes the weights of a model of the same records: parameters come in the same order.</summary>
    public void CopyFrom(DualEncoder model)
    {
        using var free = no_grad();
        string[] parts = ["image.", "text.", "imageProjection.", "textProjection.", "logitScale."];
        var theirs = parts.SelectMany(part => model.named_parameters().Where(p => p.name.StartsWith(part, StringComparison.Ordinal)))
            .Select(p => p.parameter).ToList();
        var own = _parameters.ToList();
        // Parameters of a module itself come first or last, as it registered them: matched by shape among those left.
        foreach (var parameter in own)
        {
            var match = theirs.First(other => other.shape.AsSpan().SequenceEqual(parameter.shape));
            parameter.copy_(match);
            theirs.Remove(match);
        }
    }

    /// <summary>Unit embeddings of pixels (bytes) and tokens.</summary>
    public (Tensor Image, Tensor Text) Embed(Tensor pixels, Tensor tokens)
    {
        var input = (pixels.to(ScalarType.Float32) / 255 - _mean) / _deviation;
        return (
            nn.functional.normalize(_imageProjection.call(_image.call(input)), dim: -1),
            nn.functional.normalize(_textProjection.call(_text.call(tokens)), dim: -1));
    }

    /// <summary>One step; returns the loss.</summary>
    /// <param name="pixels"><c>[B, 3, S, S] uint8</c>.</param>
    /// <param name="tokens"><c>[B, L] int64</c>.</param>
    /// <param name="rate">The schedule's share of the learning rate.</param>
    public float Step(Tensor pixels, Tensor tokens, double rate = 1)
    {
        using var scope = NewDisposeScope();
        foreach (var group in _optimizer.ParamGroups) group.LearningRate = rate * _settings.LearningRate;
        var (image, text) = Embed(pixels, tokens);
        var logits = _logScale.exp() * image.matmul(text.t());
        var labels = arange(logits.shape[0]);
        var loss = (nn.functional.cross_entropy(logits, labels) + nn.functional.cross_entropy(logits.t(), labels)) / 2;
        _optimizer.zero_grad();
        loss.backward();
        nn.utils.clip_grad_norm_(_parameters, _settings.GradientClip);
        _optimizer.step();
        using (no_grad()) _logScale.clamp_(0, Math.Log(100));
        return loss.item<float>();
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        foreach (var module in new nn.Module[] { _image, _text, _imageProjection, _textProjection }) module.Dispose();
        _logScale.Dispose();
        _mean.Dispose();
        _deviation.Dispose();
    }
}
