using static TorchSharp.torch;

namespace ClipTransfer.Training.Distributed;

/// <summary>The processes of one training. Every operation is collective: each process makes the same calls in the same order, with tensors of the same shapes.</summary>
/// <remarks>
/// Operations wait for the others a bounded time and then end with an <see cref="Runtime.InputException"/> that names who did not come; so does every later one. All processes
/// get the same bits.
/// </remarks>
public interface ICommunicator : IDisposable
{
    /// <summary>This process's number, from 0.</summary>
    int Rank { get; }

    /// <summary>n, the number of processes.</summary>
    int Size { get; }

    /// <summary>The processes that run on this one's machine before it: which of its GPUs is this one's.</summary>
    int LocalRank { get; }

    /// <summary>What carries the tensors, for a log: <c>one process</c>, <c>Open MPI 4.1.4</c>, <c>NCCL over …</c>.</summary>
    string Description { get; }

    /// <summary>Seconds that this process has spent in operations, waiting for others included.</summary>
    double Seconds { get; }

    /// <summary>Adds the tensor of all processes, in place.</summary>
    /// <param name="numbers">Contiguous, float32 or float64.</param>
    void Sum(Tensor numbers);

    /// <summary>Stacks the tensors of all processes by rank: <c>[b, …]</c> of each to <c>[n·b, …]</c>, a new tensor.</summary>
    Tensor Gather(Tensor rows);

    /// <summary>Gives all processes the first one's numbers, in place; any type, any layout.</summary>
    void Broadcast(Tensor numbers);

    /// <summary>The texts of all processes, by rank.</summary>
    /// <param name="text">This process's.</param>
    /// <param name="patience">How long others may take to come here, where that is longer than usual.</param>
    IReadOnlyList<string> Exchange(string text, TimeSpan? patience = null);

    /// <summary>Ends all processes at once, this one included, and does not return where there are others.</summary>
    /// <param name="code">The exit code.</param>
    void Abort(int code);
}
