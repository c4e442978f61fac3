using ClipTransfer.Losses;
using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Training.Distributed;

/// <summary>What all processes must know of a step in the same bits, since they decide by it: whether the step is taken, how far it is clipped, whether it is the last.</summary>
/// <param name="Loss">The loss of the whole batch.</param>
/// <param name="Terms">Its terms.</param>
/// <param name="GradientNorm">The gradient's norm as the first process has it; on a processor with other vector lengths the last digits differ.</param>
/// <param name="Stop">Whether any process was asked to stop.</param>
internal sealed record StepTotals(double Loss, IReadOnlyDictionary<string, double> Terms, double GradientNorm, bool Stop)
{
    /// <summary>Means over the processes' rows.</summary>
    public static StepTotals Of(LossTerms loss, double gradientNorm, ICommunicator across)
    {
        string[] names = [.. loss.Terms.Keys];
        double[] means = [loss.Total.item<float>(), .. names.Select(name => (double)loss.Terms[name].item<float>())];
        if (across.Size > 1)
        {
            using var sums = tensor([.. means.Select(mean => mean / across.Size), across.Rank == 0 ? gradientNorm : 0, Interrupt.Token.IsCancellationRequested ? 1 : 0], ScalarType.Float64);
            across.Sum(sums);
            means = sums.data<double>().ToArray();
            gradientNorm = means[^2];
        }

        var stop = across.Size > 1 ? means[^1] > 0 : Interrupt.Token.IsCancellationRequested;
        return new StepTotals(means[0], names.Index().ToDictionary(term => term.Item, term => means[1 + term.Index]), gradientNorm, stop);
    }
}
