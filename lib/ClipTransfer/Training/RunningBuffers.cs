using static TorchSharp.torch;

namespace ClipTransfer.Training;

/// <summary>A model's buffers (the running averages of batch normalisation), with a copy to go back to.</summary>
internal sealed class RunningBuffers : IDisposable
{
    private readonly (Tensor Buffer, Tensor Copy)[] _buffers;

    /// <summary>Takes a first copy. The model must be on its device already.</summary>
    public RunningBuffers(nn.Module model)
    {
        using var free = no_grad();
        _buffers = [.. model.named_buffers().Select(b => (b.buffer, b.buffer.clone().DetachFromDisposeScope()))];
    }

    /// <summary>Copies what the buffers hold now.</summary>
    public void Keep()
    {
        using var free = no_grad();
        foreach (var (buffer, copy) in _buffers) copy.copy_(buffer);
    }

    /// <summary>Gives the buffers what was last kept.</summary>
    public void PutBack()
    {
        using var free = no_grad();
        foreach (var (buffer, copy) in _buffers) buffer.copy_(copy);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, copy) in _buffers) copy.Dispose();
    }
}
