using static TorchSharp.torch;

namespace ClipTransfer.Training.Distributed;

/// <summary>A training in one process: nothing to wait for.</summary>
public sealed class SingleProcess : ICommunicator
{
    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int Size => 1;

    /// <inheritdoc/>
    public int LocalRank => 0;

    /// <inheritdoc/>
    public string Description => "one process";

    /// <inheritdoc/>
    public double Seconds => 0;

    /// <inheritdoc/>
    public void Sum(Tensor numbers)
    {
    }

    /// <inheritdoc/>
    public Tensor Gather(Tensor rows) => rows.clone();

    /// <inheritdoc/>
    public void Broadcast(Tensor numbers)
    {
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Exchange(string text, TimeSpan? patience = null) => [text];

    /// <inheritdoc/>
    public void Abort(int code)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
