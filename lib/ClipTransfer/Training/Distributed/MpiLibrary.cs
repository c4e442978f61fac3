using System.Runtime.InteropServices;
using System.Text;
using ClipTransfer.Runtime;

namespace ClipTransfer.Training.Distributed;

/// <summary>The calls of an installed MPI 3 that are needed here, bound when first used. Open MPI, and everything with MPICH's binary interface (Intel MPI, MVAPICH, MS-MPI).</summary>
/// <remarks>
/// The two families differ in what a handle is: a pointer to an exported object, or a number. Both fit a native integer, and MPICH reads the lower half of it. Collectives are the
/// non-blocking ones, so that waiting can be bounded. Thread level: <c>MPI_THREAD_SERIALIZED</c>, since back-propagation on a GPU calls from a thread of its own, though never two at once.
/// </remarks>
internal sealed unsafe class MpiLibrary
{
    /// <summary>Names the library's file, where several are installed or it lies elsewhere.</summary>
    public const string Variable = "CLIPTRANSFER_MPI";

    private const int ThreadSerialized = 2;
    private const string Remedy = "Install Open MPI 4 or later, or MPICH 3.2 or later (Debian: openmpi-bin libopenmpi-dev); " + Variable + " can name the library's file (see environment.md)";

    private readonly nint _library;
    private readonly string _path;
    private readonly delegate* unmanaged[Cdecl]<void*, void*, int, nint, nint, nint, nint*, int> _allreduce;
    private readonly delegate* unmanaged[Cdecl]<void*, int, nint, void*, int, nint, nint, nint*, int> _allgather;
    private readonly delegate* unmanaged[Cdecl]<void*, int, nint, int, nint, nint*, int> _broadcast;
    private readonly delegate* unmanaged[Cdecl]<nint, nint*, int> _barrier;
    private readonly delegate* unmanaged[Cdecl]<nint*, int*, nint, int> _test;
    private readonly delegate* unmanaged[Cdecl]<void*, int, nint, int, int, nint, nint*, int> _send;
    private readonly delegate* unmanaged[Cdecl]<int, int, nint, int*, int*, int> _probe;
    private readonly delegate* unmanaged[Cdecl]<void*, int, nint, int, int, nint, nint, int> _receive;
    private readonly int _sourceAt;
    private readonly nint _world, _bytes, _sum, _inPlace, _statusIgnore;
    private readonly int _anySource;

    private MpiLibrary(nint library, string path)
    {
        (_library, _path) = (library, path);
        Version = ReadVersion();
        var open = Version.StartsWith("Open MPI", StringComparison.Ordinal);
        if (!open && !Version.StartsWith("MPICH", StringComparison.Ordinal) && !Version.StartsWith("Intel", StringComparison.Ordinal)
            && !Version.StartsWith("MVAPICH", StringComparison.Ordinal) && !Version.StartsWith("Microsoft MPI", StringComparison.Ordinal))
            throw Unfit($"is '{Version}', whose binary interface is not known here");
        // From Open MPI's mpi.h, where a handle is the address of an object, and from MPICH's, where it is a number.
        (_world, Float32, Float64, _bytes, _sum) = open
            ? (Export("ompi_mpi_comm_world"), Export("ompi_mpi_float"), Export("ompi_mpi_double"), Export("ompi_mpi_byte"), Export("ompi_mpi_op_sum"))
            : ((nint)0x44000000, (nint)0x4c00040a, (nint)0x4c00080b, (nint)0x4c00010d, (nint)0x58000003);
        (_inPlace, _statusIgnore, _anySource, _sourceAt) = open ? (1, 0, -1, 0) : (-1, 1, -2, 2);
        _allreduce = (delegate* unmanaged[Cdecl]<void*, void*, int, nint, nint, nint, nint*, int>)Export("MPI_Iallreduce");
        _allgather = (delegate* unmanaged[Cdecl]<void*, int, nint, void*, int, nint, nint, nint*, int>)Export("MPI_Iallgather");
        _broadcast = (delegate* unmanaged[Cdecl]<void*, int, nint, int, nint, nint*, int>)Export("MPI_Ibcast");
        _barrier = (delegate* unmanaged[Cdecl]<nint, nint*, int>)Export("MPI_Ibarrier");
        _test = (delegate* unmanaged[Cdecl]<nint*, int*, nint, int>)Export("MPI_Test");
        _send = (delegate* unmanaged[Cdecl]<void*, int, nint, int, int, nint, nint*, int>)Export("MPI_Isend");
        _probe = (delegate* unmanaged[Cdecl]<int, int, nint, int*, int*, int>)Export("MPI_Iprobe");
        _receive = (delegate* unmanaged[Cdecl]<void*, int, nint, int, int, nint, nint, int>)Export("MPI_Recv");
    }

    /// <summary>The library's own words, for example <c>Open MPI v4.1.4</c>.</summary>
    public string Version { get; }

    /// <summary>MPI_FLOAT.</summary>
    public nint Float32 { get; }

    /// <summary>MPI_DOUBLE.</summary>
    public nint Float64 { get; }

    /// <summary>Finds an MPI: the one that started this process, if one did.</summary>
    /// <exception cref="InputException">There is none, or it is one that does not fit: names it.</exception>
    public static MpiLibrary Load()
    {
        var tried = Names().ToArray();
        foreach (var name in tried)
        {
            if (NativeLibrary.TryLoad(name, out var library)) return new MpiLibrary(library, name);
        }

        throw new InputException("MPI", $"no library was found ({string.Join(", ", tried)})", Remedy);
    }

    /// <summary>MPI_Init_thread, then MPI_Comm_rank and MPI_Comm_size.</summary>
    /// <exception cref="InputException">It cannot be called from more than one thread in turn.</exception>
    public (int Rank, int Size) Initialize()
    {
        int provided, rank, size;
        Check(((delegate* unmanaged[Cdecl]<nint, nint, int, int*, int>)Export("MPI_Init_thread"))(0, 0, ThreadSerialized, &provided), "MPI_Init_thread");
        if (provided < ThreadSerialized) throw Unfit($"({Version}) gives thread level {provided}, and MPI_THREAD_SERIALIZED ({ThreadSerialized}) is needed");
        Check(((delegate* unmanaged[Cdecl]<nint, int*, int>)Export("MPI_Comm_rank"))(_world, &rank), "MPI_Comm_rank");
        Check(((delegate* unmanaged[Cdecl]<nint, int*, int>)Export("MPI_Comm_size"))(_world, &size), "MPI_Comm_size");
        return (rank, size);
    }

    /// <summary>MPI_Iallreduce by MPI_SUM, in place.</summary>
    public nint Sum(void* numbers, int count, nint type)
    {
        nint request = 0;
        Check(_allreduce((void*)_inPlace, numbers, count, type, _sum, _world, &request), "MPI_Iallreduce");
        return request;
    }

    /// <summary>MPI_Iallgather of bytes.</summary>
    public nint Gather(void* mine, void* all, int bytes)
    {
        nint request = 0;
        Check(_allgather(mine, bytes, _bytes, all, bytes, _bytes, _world, &request), "MPI_Iallgather");
        return request;
    }

    /// <summary>MPI_Ibcast of bytes from rank 0.</summary>
    public nint Broadcast(void* numbers, int bytes)
    {
        nint request = 0;
        Check(_broadcast(numbers, bytes, _bytes, 0, _world, &request), "MPI_Ibcast");
        return request;
    }

    /// <summary>MPI_Ibarrier.</summary>
    public nint Barrier()
    {
        nint request = 0;
        Check(_barrier(_world, &request), "MPI_Ibarrier");
        return request;
    }

    /// <summary>MPI_Test: whether an operation is done.</summary>
    public bool IsDone(ref nint request)
    {
        int done;
        fixed (nint* at = &request) Check(_test(at, &done, _statusIgnore), "MPI_Test");
        return done != 0;
    }

    /// <summary>MPI_Isend of a number that nobody has to receive; its memory must stay.</summary>
    public void Tell(int rank, int tag, long* number)
    {
        nint request = 0;
        Check(_send(number, sizeof(long), _bytes, rank, tag, _world, &request), "MPI_Isend");
    }

    /// <summary>MPI_Iprobe, and MPI_Recv of what is there: who told which number; null where nothing is there.</summary>
    public (int Rank, long Number)? Told(int tag)
    {
        int there;
        long number;
        var status = stackalloc int[16]; // at most 24 bytes in both families
        Check(_probe(_anySource, tag, _world, &there, status), "MPI_Iprobe");
        if (there == 0) return null;
        var rank = status[_sourceAt];
        Check(_receive(&number, sizeof(long), _bytes, rank, tag, _world, _statusIgnore), "MPI_Recv");
        return (rank, number);
    }

    /// <summary>MPI_Abort.</summary>
    public void Abort(int code) => ((delegate* unmanaged[Cdecl]<nint, int, int>)Export("MPI_Abort"))(_world, code);

    /// <summary>MPI_Finalize.</summary>
    public void End() => Check(((delegate* unmanaged[Cdecl]<int>)Export("MPI_Finalize"))(), "MPI_Finalize");

    private static IEnumerable<string> Names()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named) return [named];
        if (OperatingSystem.IsWindows()) return ["msmpi.dll"];
        if (OperatingSystem.IsMacOS()) return ["libmpi.40.dylib", "libmpi.12.dylib", "libmpi.dylib", "/opt/homebrew/lib/libmpi.dylib"];
        string[] open = ["libmpi.so.40"], mpich = ["libmpich.so.12", "libmpi.so.12"];
        return Environment.GetEnvironmentVariable("PMI_RANK") is null ? [.. open, .. mpich, "libmpi.so"] : [.. mpich, .. open, "libmpi.so"];
    }

    private static void Check(int code, string call)
    {
        // By default an MPI ends the program at an error by itself.
        if (code != 0) throw new InputException("MPI", $"{call} failed with code {code}", "Look at what MPI wrote before");
    }

    private string ReadVersion()
    {
        const int Longest = 8192; // MPI_MAX_LIBRARY_VERSION_STRING of MPICH; Open MPI's is 256
        var text = stackalloc byte[Longest];
        var length = 0;
        Check(((delegate* unmanaged[Cdecl]<byte*, int*, int>)Export("MPI_Get_library_version"))(text, &length), "MPI_Get_library_version");
        // "Open MPI v4.1.4, package: …", "MPICH Version:      4.0.2\nMPICH Release …"
        var words = Encoding.UTF8.GetString(text, Math.Min(length, Longest)).TrimEnd('\0').Split('\n', ',')[0];
        return string.Join(' ', words.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
    }

    private nint Export(string name) => NativeLibrary.TryGetExport(_library, name, out var address) ? address : throw Unfit($"lacks {name}, which MPI 3 has");

    private InputException Unfit(string what) => new($"MPI library {_path}", what, Remedy);
}
