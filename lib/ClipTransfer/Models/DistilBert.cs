using ClipTransfer.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>DistilBERT (Sanh et al. 2019): BERT's encoder with half the blocks and no segment embeddings, with parameters named as Hugging Face names them.</summary>
public sealed class DistilBert : Module<Tensor, Tensor>
{
    /// <summary>BERT's, far smaller than PyTorch's 1e-5.</summary>
    internal const double Epsilon = 1e-12;

    /// <summary>Standard deviation of BERT's first weights.</summary>
    internal const double FirstStd = 0.02;

    [ComponentName(Name = "embeddings")]
    private readonly DistilBertEmbeddings _embeddings;
    [ComponentName(Name = "transformer")]
    private readonly DistilBertTransformer _transformer;
    private readonly int _endId;
    private readonly int _context;

    /// <summary>Makes the tower with BERT's first weights from torch's generator.</summary>
    /// <exception cref="InputException">The numbers do not fit together.</exception>
    public DistilBert(DistilBertSettings settings)
        : base(nameof(DistilBert))
    {
        if (settings.VocabularySize < 1 || settings.ContextLength < 1 || settings.ContextLength > settings.Positions || settings.EndId < 0 || settings.EndId >= settings.VocabularySize
            || settings.Layers < 1 || settings.Heads < 1 || settings.Width % settings.Heads != 0 || settings.InnerWidth < 1)
            throw new InputException("text encoder", $"{settings.Layers} layers of {settings.Heads} heads at width {settings.Width}, vocabulary {settings.VocabularySize}, context {settings.ContextLength} of {settings.Positions} positions, end token {settings.EndId} do not fit together",
                "Use heads that divide the width, and the tokenizer's numbers");
        (_endId, _context) = (settings.EndId, settings.ContextLength);
        _embeddings = new DistilBertEmbeddings(settings);
        _transformer = new DistilBertTransformer(settings);
        RegisterComponents();
    }

    /// <summary>Token ids <c>[B, L] int64</c>, each row with an end token, to the feature of the first token (BERT's <c>[CLS]</c>), <c>[B, W]</c>.</summary>
    /// <remarks>What follows a row's first end token is padding: no position hears it, so it changes nothing.</remarks>
    /// <exception cref="ArgumentException">A row (on the CPU) has no end token, or the sequence is longer than the context.</exception>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var (tokens, ends) = TokenEnds.Trim(input, _endId, _context, _embeddings.Device);
        var visible = arange(tokens.shape[1], device: tokens.device).view(1, 1, 1, -1) <= ends.view(-1, 1, 1, 1);
        return _transformer.call(_embeddings.call(tokens), visible).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _embeddings.Dispose();
            _transformer.Dispose();
        }

        base.Dispose(disposing);
    }

    internal static Linear FirstLinear(int inputWidth, int width)
    {
        var linear = Linear(inputWidth, width);
        init.normal_(linear.weight!, 0, FirstStd);
        init.zeros_(linear.bias!);
        return linear;
    }
}
