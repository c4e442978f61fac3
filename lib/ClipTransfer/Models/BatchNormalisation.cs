using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>Batch normalisation of <c>[B, C, h, w]</c>, with PyTorch's names and first values; its statistics may be those of a batch that several processes share.</summary>
/// <remarks>
/// y = γ (x − μ)/√(σ² + ε) + β, with mean and variance over B, h and w in training, and with their running averages otherwise. Where <see cref="SumAcross"/> is set
/// ("SyncBatchNorm"), Σ x, then Σ (x − μ)², are summed over the processes, and so are their gradients: n processes with B/n rows each are one process with B.
/// </remarks>
public sealed class BatchNormalisation : Module<Tensor, Tensor>
{
    private const double Epsilon = 1e-5;
    private const double Momentum = 0.1;

    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;
    [ComponentName(Name = "bias")]
    private readonly Parameter _bias;
    [ComponentName(Name = "running_mean")]
    private readonly Tensor _mean;
    [ComponentName(Name = "running_var")]
    private readonly Tensor _variance;
    [ComponentName(Name = "num_batches_tracked")]
    private readonly Tensor _batches;

    /// <summary>Makes a layer: offsets 0, running mean 0 and variance 1.</summary>
    /// <param name="width">C.</param>
    /// <param name="gain">The first gain of every channel.</param>
    public BatchNormalisation(int width, double gain = 1)
        : base(nameof(BatchNormalisation))
    {
        (_weight, _bias) = (new Parameter(full(width, gain, ScalarType.Float32)), new Parameter(zeros(width)));
        (_mean, _variance, _batches) = (zeros(width), ones(width), tensor(0L));
        RegisterComponents();
    }

    /// <summary>γ, <c>[C]</c>.</summary>
    public Parameter Gain => _weight;

    /// <summary>β, <c>[C]</c>.</summary>
    public Parameter Offset => _bias;

    /// <summary>The running average of μ, <c>[C]</c>.</summary>
    public Tensor RunningMean => _mean;

    /// <summary>The running average of the unbiased σ², <c>[C]</c>.</summary>
    public Tensor RunningVariance => _variance;

    /// <summary>Sums a tensor over all processes, differentiably; null where the batch is this process's own.</summary>
    public Func<Tensor, Tensor>? SumAcross { get; set; }

    /// <summary>The result has the input's type; statistics and gains are float32 also where that is bfloat16.</summary>
    public override Tensor forward(Tensor input)
    {
        if (training && SumAcross is not null) return Shared(input);
        if (training)
        {
            using var free = no_grad();
            _batches.add_(1);
        }

        // The kernels of both devices take bfloat16 in and float32 gains, and compute in float32: it saves two passes.
        if (input.dtype == _weight.dtype || input.dtype == ScalarType.BFloat16) return Normalise(input);
        using var wide = input.to(_weight.dtype);
        using var result = Normalise(wide);
        return result.to(input.dtype);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var tensor in new[] { _weight, _bias, _mean, _variance, _batches }) tensor.Dispose();
        }

        base.Dispose(disposing);
    }

    private Tensor Normalise(Tensor input) => functional.batch_norm(input, _mean, _variance, _weight, _bias, training, Momentum, Epsilon);

    private Tensor Shared(Tensor input)
    {
        using var scope = NewDisposeScope();
        long[] axes = [0, 2, 3];
        var x = input.to(_weight.dtype);
        var rows = full(1, x.numel() / x.shape[1], x.dtype, x.device);
        // Counts travel with the sums: processes may hold unequal numbers of rows.
        var sums = SumAcross!(cat([x.sum(axes), rows]));
        var count = sums.narrow(0, x.shape[1], 1);
        var mean = sums.narrow(0, 0, x.shape[1]) / count;
        var centred = x - mean.view(1, -1, 1, 1);
        var variance = SumAcross(centred.square().sum(axes)) / count;
        using (no_grad())
        {
            _batches.add_(1);
            _mean.mul_(1 - Momentum).add_(mean, alpha: Momentum);
            _variance.mul_(1 - Momentum).add_(variance * (count / (count - 1)), alpha: Momentum);
        }

        var scale = _weight * (variance + Epsilon).rsqrt();
        return ((centred * scale.view(1, -1, 1, 1)) + _bias.view(1, -1, 1, 1)).to(input.dtype).MoveToOuterDisposeScope();
    }
}
