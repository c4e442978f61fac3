using ClipTransfer.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>A small causal transformer: token ids to the feature at the end token, as CLIP's text tower does.</summary>
public sealed class TransformerTextEncoder : Module<Tensor, Tensor>
{
    [ComponentName(Name = "tokens")]
    private readonly Embedding _tokens;
    [ComponentName(Name = "positions")]
    private readonly Parameter _positions;
    [ComponentName(Name = "blocks")]
    private readonly ModuleList<TransformerBlock> _blocks;
    [ComponentName(Name = "norm")]
    private readonly LayerNorm _norm;
    private readonly int _endId;

    /// <summary>Makes the tower with CLIP's first weights from torch's generator.</summary>
    /// <exception cref="InputException">The settings lack the tokenizer's numbers, or the heads do not divide the width.</exception>
    public TransformerTextEncoder(TextEncoderSettings settings)
        : base(nameof(TransformerTextEncoder))
    {
        if (settings.VocabularySize < 1 || settings.ContextLength < 1 || settings.EndId < 0 || settings.EndId >= settings.VocabularySize)
            throw new InputException("text encoder", $"vocabulary {settings.VocabularySize}, context {settings.ContextLength}, end token {settings.EndId} do not fit together",
                "Fill them in from the tokenizer by DualEncoderSettings.ForTokens");
        if (settings.Layers < 1 || settings.Heads < 1 || settings.Width % settings.Heads != 0)
            throw new InputException("text encoder", $"{settings.Layers} layers of {settings.Heads} heads do not fit a width of {settings.Width}", "Use at least one layer, and heads that divide the width");
        _endId = settings.EndId;
        _tokens = Embedding(settings.VocabularySize, settings.Width);
        init.normal_(_tokens.weight!, 0, 0.02);
        _positions = new Parameter(0.01 * randn(settings.ContextLength, settings.Width));
        _blocks = [];
        for (var k = 0; k < settings.Layers; k++) _blocks.Add(new TransformerBlock(settings.Width, settings.Heads, settings.Layers));
        _norm = LayerNorm(settings.Width);
        RegisterComponents();
    }

    /// <summary>Token ids <c>[B, L] int64</c>, each row with an end token, to features <c>[B, W]</c>.</summary>
    /// <remarks>
    /// Ids on the CPU are checked, cut behind the batch's last end token and then moved to the weights' device: nothing that is read sees
    /// what follows an end token, so the cut changes no result and spares the work on padding.
    /// </remarks>
    /// <exception cref="ArgumentException">A row (on the CPU) has no end token, or the sequence is longer than the context.</exception>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var (tokens, ends) = TokenEnds.Trim(input, _endId, _positions.shape[0], _positions.device);
        var x = _tokens.call(tokens);
        x += _positions.narrow(0, 0, tokens.shape[1]).to(x.dtype);
        for (var k = 0; k < _blocks.Count - 1; k++) x = _blocks[k].call(x);
        return _norm.Normalise(_blocks[^1].At(x, ends)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _tokens.Dispose();
            _positions.Dispose();
            _blocks.Dispose();
            _norm.Dispose();
        }

        base.Dispose(disposing);
    }
}
