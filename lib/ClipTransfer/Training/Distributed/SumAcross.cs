using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Training.Distributed;

/// <summary>s = Σ_r x_r over processes as a differentiable operation: dL/dx_r = Σ_q dL_q/ds, where the loss is the sum of the processes' L_q.</summary>
internal sealed class SumAcross : autograd.SingleTensorFunction<SumAcross>
{
    private const string Key = "processes";

    /// <inheritdoc/>
    public override string Name => nameof(SumAcross);

    /// <summary>The sum, of the shape of <paramref name="numbers"/>.</summary>
    public static Tensor Of(ICommunicator across, Tensor numbers) => apply(numbers, across);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.save_data(Key, vars[1]);
        var sum = ((Tensor)vars[0]).contiguous().clone();
        ((ICommunicator)vars[1]).Sum(sum);
        return sum;
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => [Sum((ICommunicator)ctx.get_data(Key), grad_output), null!];

    /// <summary>The sum of gradients, called from native code, which an exception may not cross: the next operation will throw it again.</summary>
    internal static Tensor Sum(ICommunicator across, Tensor gradient)
    {
        var sum = gradient.detach().contiguous().clone();
        try
        {
            across.Sum(sum);
        }
        catch (InputException)
        {
            sum.zero_();
        }

        return sum;
    }
}
