using ClipTransfer.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>CLIP's causal text transformer, named as OpenAI and open_clip name it; their <c>text_projection</c> is the model's text head.</summary>
public sealed class ClipTextEncoder : Module<Tensor, Tensor>
{
    [ComponentName(Name = "token_embedding")]
    private readonly Embedding _tokens;
    [ComponentName(Name = "positional_embedding")]
    private readonly Parameter _positions;
    [ComponentName(Name = "transformer")]
    private readonly ClipTransformer _transformer;
    [ComponentName(Name = "ln_final")]
    private readonly LayerNorm _norm;
    private readonly int _endId;

    /// <summary>Makes the tower with CLIP's first weights from torch's generator.</summary>
    /// <exception cref="InputException">The numbers do not fit together.</exception>
    public ClipTextEncoder(ClipTextSettings settings)
        : base(nameof(ClipTextEncoder))
    {
        if (settings.VocabularySize < 1 || settings.ContextLength < 1 || settings.EndId < 0 || settings.EndId >= settings.VocabularySize
            || settings.Layers < 1 || settings.Heads < 1 || settings.Width % settings.Heads != 0)
            throw new InputException("text encoder", $"{settings.Layers} layers of {settings.Heads} heads at width {settings.Width}, vocabulary {settings.VocabularySize}, context {settings.ContextLength}, end token {settings.EndId} do not fit together",
                "Use heads that divide the width, and the tokenizer's numbers");
        _endId = settings.EndId;
        _tokens = Embedding(settings.VocabularySize, settings.Width);
        init.normal_(_tokens.weight!, 0, 0.02);
        _positions = new Parameter(0.01 * randn(settings.ContextLength, settings.Width));
        _transformer = new ClipTransformer(settings.Width, settings.Layers, settings.Heads, settings.Activation, causal: true);
        _norm = LayerNorm(settings.Width);
        RegisterComponents();
    }

    /// <summary>Token ids <c>[B, L] int64</c>, each row with an end token, to the feature at its first end token, <c>[B, W]</c>.</summary>
    /// <exception cref="ArgumentException">A row (on the CPU) has no end token, or the sequence is longer than the context.</exception>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var (tokens, ends) = TokenEnds.Trim(input, _endId, _positions.shape[0], _positions.device);
        var x = _tokens.call(tokens);
        x += _positions.narrow(0, 0, tokens.shape[1]).to(x.dtype);
        return _norm.Normalise(_transformer.call(x, ends)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _positions.Dispose();
            foreach (var child in new Module[] { _tokens, _transformer, _norm }) child.Dispose();
        }

        base.Dispose(disposing);
    }
}
