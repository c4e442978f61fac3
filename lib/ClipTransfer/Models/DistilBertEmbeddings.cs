using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>LayerNorm(word + position), with dropout.</summary>
internal sealed class DistilBertEmbeddings : Module<Tensor, Tensor>
{
    [ComponentName(Name = "word_embeddings")]
    private readonly Embedding _words;
    [ComponentName(Name = "position_embeddings")]
    private readonly Embedding _positions;
    [ComponentName(Name = "LayerNorm")]
    private readonly LayerNorm _norm;
    private readonly double _dropout;

    public DistilBertEmbeddings(DistilBertSettings settings)
        : base(nameof(DistilBertEmbeddings))
    {
        _dropout = settings.Dropout;
        _words = Embedding(settings.VocabularySize, settings.Width);
        _positions = Embedding(settings.Positions, settings.Width);
        init.normal_(_words.weight!, 0, DistilBert.FirstStd);
        init.normal_(_positions.weight!, 0, DistilBert.FirstStd);
        _norm = LayerNorm(settings.Width, DistilBert.Epsilon);
        RegisterComponents();
    }

    public Device Device => _words.weight!.device;

    /// <summary><c>[B, L] int64</c> to <c>[B, L, W]</c>.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = _words.call(input) + _positions.weight!.narrow(0, 0, input.shape[1]);
        return functional.dropout(_norm.Normalise(x), _dropout, training).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var child in new Module[] { _words, _positions, _norm }) child.Dispose();
        }

        base.Dispose(disposing);
    }
}
