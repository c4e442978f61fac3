using System.Diagnostics;
using System.Runtime.InteropServices;
using ClipTransfer.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Training.Distributed;

/// <summary>The processes of an MPI whose tensors on GPUs are carried by NCCL; what lies on the CPU, and the bounded waiting for each other, stays MPI's.</summary>
/// <remarks>Not run by us: no machine with two GPUs was at hand.</remarks>
public sealed class NcclCommunicator : ICommunicator
{
    private readonly MpiCommunicator _mpi;
    private readonly NcclLibrary _nccl;
    private readonly TimeSpan _patience;
    private long _ticks;
    private InputException? _fault;

    private NcclCommunicator(MpiCommunicator mpi, NcclLibrary nccl, TimeSpan patience) => (_mpi, _nccl, _patience) = (mpi, nccl, patience);

    /// <inheritdoc/>
    public int Rank => _mpi.Rank;

    /// <inheritdoc/>
    public int Size => _mpi.Size;

    /// <inheritdoc/>
    public int LocalRank => _mpi.LocalRank;

    /// <inheritdoc/>
    public string Description => $"NCCL over {_mpi.Description}";

    /// <inheritdoc/>
    public double Seconds => _mpi.Seconds + Stopwatch.GetElapsedTime(0, _ticks).TotalSeconds;

    /// <summary>NCCL over an MPI's processes, where all of them compute on a GPU of their own and have its library; else what was given. <c>CLIPTRANSFER_NCCL=0</c> forgoes it.</summary>
    /// <param name="across">The processes; this one's device is chosen.</param>
    /// <param name="patience">How long one waits for another.</param>
    public static ICommunicator Over(ICommunicator across, TimeSpan patience)
    {
        if (across is not MpiCommunicator mpi) return across;
        var nccl = TorchRuntime.Device.type == DeviceType.CUDA && Environment.GetEnvironmentVariable("CLIPTRANSFER_NCCL") != "0" ? NcclLibrary.TryLoad() : null;
        // NCCL refuses two processes on one GPU.
        var places = mpi.Exchange(nccl is null ? "" : $"{Environment.MachineName} {TorchRuntime.Device}");
        if (nccl is null || places.Contains("") || places.Distinct().Count() < places.Count) return across;
        using (zeros(1, device: TorchRuntime.Device)) // makes the device current
        {
            using var id = zeros(128, ScalarType.Byte);
            if (mpi.Rank == 0) MemoryMarshal.Write(id.bytes, nccl.NewId());
            mpi.Broadcast(id);
            nccl.Join(MemoryMarshal.Read<NcclLibrary.UniqueId>(id.bytes), mpi.Rank, mpi.Size);
        }

        return new NcclCommunicator(mpi, nccl, patience);
    }

    /// <inheritdoc/>
    public void Sum(Tensor numbers)
    {
        if (numbers.device_type != DeviceType.CUDA) _mpi.Sum(numbers);
        else Carry(() => _nccl.Sum(numbers));
    }

    /// <inheritdoc/>
    public Tensor Gather(Tensor rows)
    {
        if (rows.device_type != DeviceType.CUDA) return _mpi.Gather(rows);
        using var mine = rows.contiguous();
        var all = empty([Size * rows.shape[0], .. rows.shape[1..]], rows.dtype, rows.device);
        Carry(() => _nccl.Gather(mine, all));
        return all;
    }

    /// <inheritdoc/>
    public void Broadcast(Tensor numbers)
    {
        if (numbers.device_type != DeviceType.CUDA)
        {
            _mpi.Broadcast(numbers);
            return;
        }

        using var scope = NewDisposeScope();
        using var free = no_grad();
        var dense = numbers.contiguous();
        Carry(() => _nccl.Broadcast(dense));
        if (!numbers.is_contiguous()) numbers.copy_(dense);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Exchange(string text, TimeSpan? patience = null) => _mpi.Exchange(text, patience);

    /// <inheritdoc/>
    public void Abort(int code) => _mpi.Abort(code);

    /// <summary>Ends NCCL's part; the MPI below is its owner's to end.</summary>
    public void Dispose()
    {
        if (_fault is null) _nccl.End();
    }

    // All meet by MPI first, which names who does not come; then the GPU works, watched.
    private void Carry(Action start)
    {
        if (_fault is not null) throw _fault;
        _mpi.Meet();
        var since = Stopwatch.GetTimestamp();
        start();
        while (!_nccl.IsDone())
        {
            if (Stopwatch.GetElapsedTime(since) > _patience)
            {
                _nccl.Abort();
                throw _fault = new InputException("NCCL", $"an operation did not end within {_patience.TotalSeconds:0} s although every process had come to it", "Check the GPUs and the network between them, then resume");
            }

            Thread.Yield();
        }

        _ticks += Stopwatch.GetTimestamp() - since;
    }
}
