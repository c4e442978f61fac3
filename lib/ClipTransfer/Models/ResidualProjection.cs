using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>
/// The head of the public ResNet-50 + DistilBERT code base that trains on the paper's MSCOCO split [S for the code, ? for the paper]:
/// p = Linear(x); LayerNorm(p + dropout(Linear(GELU(p)))).
/// </summary>
public sealed class ResidualProjection : Module<Tensor, Tensor>
{
    [ComponentName(Name = "project")]
    private readonly Linear _project;
    [ComponentName(Name = "mix")]
    private readonly Linear _mix;
    [ComponentName(Name = "dropout")]
    private readonly Dropout _dropout;
    [ComponentName(Name = "norm")]
    private readonly LayerNorm _norm;

    /// <summary>Makes the head.</summary>
    /// <param name="featureWidth">F, the tower's width.</param>
    /// <param name="embedDim">D, the joint space's width.</param>
    /// <param name="dropout">The chance that a mixed coordinate is dropped in training; 0.1 in that code base.</param>
    public ResidualProjection(int featureWidth, int embedDim, double dropout = 0.1)
        : base(nameof(ResidualProjection))
    {
        _project = Linear(featureWidth, embedDim);
        _mix = Linear(embedDim, embedDim);
        _dropout = Dropout(dropout);
        _norm = LayerNorm(embedDim);
        RegisterComponents();
    }

    /// <summary><c>[B, F]</c> to <c>[B, D]</c>, not yet of length one.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var projected = _project.call(input);
        return _norm.Normalise(projected + _dropout.call(_mix.call(functional.gelu(projected)))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _project.Dispose();
            _mix.Dispose();
            _dropout.Dispose();
            _norm.Dispose();
        }

        base.Dispose(disposing);
    }
}
