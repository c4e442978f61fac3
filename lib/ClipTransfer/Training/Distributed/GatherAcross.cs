using static TorchSharp.torch;

namespace ClipTransfer.Training.Distributed;

/// <summary>The rows of all processes as a differentiable operation: what all losses say of this process's rows comes back to it.</summary>
internal sealed class GatherAcross : autograd.SingleTensorFunction<GatherAcross>
{
    private const string Key = "processes";
    private const string Rows = "rows";

    /// <inheritdoc/>
    public override string Name => nameof(GatherAcross);

    /// <summary><c>[b, D]</c> of each process to <c>[n·b, D]</c>, by rank.</summary>
    public static Tensor Of(ICommunicator across, Tensor rows) => apply(rows, across);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (rows, across) = ((Tensor)vars[0], (ICommunicator)vars[1]);
        ctx.save_data(Key, across);
        ctx.save_data(Rows, rows.shape[0]);
        return across.Gather(rows);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var (across, rows) = ((ICommunicator)ctx.get_data(Key), (long)ctx.get_data(Rows));
        using var all = SumAcross.Sum(across, grad_output);
        return [all.narrow(0, across.Rank * rows, rows).clone(), null!];
    }
}
