using System.Runtime.InteropServices;
using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Training.Distributed;

/// <summary>The calls of NVIDIA's NCCL 2 that are needed here, bound by name; and the driver's question whether the work is done, so that waiting can be bounded.</summary>
/// <remarks>Written by NCCL's header and not run by us: no machine with two GPUs was at hand.</remarks>
internal sealed unsafe class NcclLibrary
{
    private const int InProgress = 7; // ncclInProgress
    private const int NotReady = 600; // CUDA_ERROR_NOT_READY
    private const int SumOperation = 0; // ncclSum

    private readonly nint _library;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, nuint, int, int, nint, nint, int> _allreduce;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, nuint, int, nint, nint, int> _allgather;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, nuint, int, int, nint, nint, int> _broadcast;
    private readonly delegate* unmanaged[Cdecl]<nint, int*, int> _asyncError;
    private readonly delegate* unmanaged[Cdecl]<nint, int> _streamQuery;
    private nint _processes;

    private NcclLibrary(nint nccl, nint driver)
    {
        _library = nccl;
        _allreduce = (delegate* unmanaged[Cdecl]<nint, nint, nuint, int, int, nint, nint, int>)NativeLibrary.GetExport(nccl, "ncclAllReduce");
        _allgather = (delegate* unmanaged[Cdecl]<nint, nint, nuint, int, nint, nint, int>)NativeLibrary.GetExport(nccl, "ncclAllGather");
        _broadcast = (delegate* unmanaged[Cdecl]<nint, nint, nuint, int, int, nint, nint, int>)NativeLibrary.GetExport(nccl, "ncclBroadcast");
        _asyncError = (delegate* unmanaged[Cdecl]<nint, int*, int>)NativeLibrary.GetExport(nccl, "ncclCommGetAsyncError");
        _streamQuery = (delegate* unmanaged[Cdecl]<nint, int>)NativeLibrary.GetExport(driver, "cuStreamQuery");
    }

    /// <summary>ncclUniqueId: 128 bytes that the first process draws and the others are told.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    internal struct UniqueId
    {
        public fixed byte Bytes[128];
    }

    /// <summary>Loads NCCL and the driver; null where one of them is not installed.</summary>
    public static NcclLibrary? TryLoad() =>
        NativeLibrary.TryLoad("libnccl.so.2", out var nccl) && NativeLibrary.TryLoad("libcuda.so.1", out var driver) ? new NcclLibrary(nccl, driver) : null;

    /// <summary>ncclGetUniqueId.</summary>
    public UniqueId NewId()
    {
        UniqueId id;
        Check(((delegate* unmanaged[Cdecl]<UniqueId*, int>)NativeLibrary.GetExport(_library, "ncclGetUniqueId"))(&id), "ncclGetUniqueId");
        return id;
    }

    /// <summary>ncclCommInitRank, on the current device.</summary>
    public void Join(UniqueId id, int rank, int size)
    {
        nint processes;
        Check(((delegate* unmanaged[Cdecl]<nint*, int, UniqueId, int, int>)NativeLibrary.GetExport(_library, "ncclCommInitRank"))(&processes, size, id, rank), "ncclCommInitRank");
        _processes = processes;
    }

    /// <summary>ncclAllReduce by ncclSum, in place.</summary>
    public void Sum(Tensor numbers) => Check(_allreduce(At(numbers), At(numbers), (nuint)numbers.numel(), TypeOf(numbers.dtype), SumOperation, _processes, 0), "ncclAllReduce");

    /// <summary>ncclAllGather.</summary>
    public void Gather(Tensor mine, Tensor all) => Check(_allgather(At(mine), At(all), (nuint)mine.numel(), TypeOf(mine.dtype), _processes, 0), "ncclAllGather");

    /// <summary>ncclBroadcast from rank 0, in place.</summary>
    public void Broadcast(Tensor numbers) => Check(_broadcast(At(numbers), At(numbers), (nuint)numbers.numel(), TypeOf(numbers.dtype), 0, _processes, 0), "ncclBroadcast");

    /// <summary>Whether the default stream, on which libtorch works too, has come to its end.</summary>
    public bool IsDone()
    {
        int error;
        Check(_asyncError(_processes, &error), "ncclCommGetAsyncError");
        if (error != InProgress) Check(error, "a collective operation");
        var state = _streamQuery(0);
        if (state is not (0 or NotReady)) throw new InputException("CUDA", $"cuStreamQuery failed with code {state}", "Look at the driver's log");
        return state == 0;
    }

    /// <summary>ncclCommAbort: ends operations that wait for a process which will not come.</summary>
    public void Abort() => ((delegate* unmanaged[Cdecl]<nint, int>)NativeLibrary.GetExport(_library, "ncclCommAbort"))(_processes);

    /// <summary>ncclCommDestroy.</summary>
    public void End() => Check(((delegate* unmanaged[Cdecl]<nint, int>)NativeLibrary.GetExport(_library, "ncclCommDestroy"))(_processes), "ncclCommDestroy");

    // The address on the GPU: TorchSharp's own spans are of the CPU's memory only.
    private static nint At(Tensor tensor) => DataOf(tensor.Handle);

    [DllImport("LibTorchSharp", EntryPoint = "THSTensor_data")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint DataOf(nint tensor);

    private static int TypeOf(ScalarType type) => type switch
    {
        ScalarType.Int8 => 0,
        ScalarType.Byte or ScalarType.Bool => 1,
        ScalarType.Int32 => 2,
        ScalarType.Int64 => 4,
        ScalarType.Float16 => 6,
        ScalarType.Float32 => 7,
        ScalarType.Float64 => 8,
        ScalarType.BFloat16 => 9,
        _ => throw new ArgumentException($"NCCL has no {type}"),
    };

    private void Check(int code, string call)
    {
        if (code is 0 or InProgress) return;
        var text = ((delegate* unmanaged[Cdecl]<int, nint>)NativeLibrary.GetExport(_library, "ncclGetErrorString"))(code);
        throw new InputException("NCCL", $"{call} failed: {Marshal.PtrToStringUTF8(text)}", "Set NCCL_DEBUG=INFO to see why, or CLIPTRANSFER_NCCL=0 to let MPI carry the tensors");
    }
}
