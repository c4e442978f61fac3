using System.Diagnostics;
using System.Text;
using ClipTransfer.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Training.Distributed;

/// <summary>The processes that <c>mpirun</c> or <c>srun</c> started, by MPI. Tensors of another device travel through the CPU's memory.</summary>
public sealed unsafe class MpiCommunicator : ICommunicator
{
    private const int Tag = 7;
    private const int MostNumbers = 1 << 30; // MPI counts in 32 bits
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(2);
    private readonly MpiLibrary _mpi;
    private readonly TimeSpan _patience;
    private readonly string[] _hosts;
    private readonly long* _number; // of the operation, where MPI_Isend may read it
    private long _ticks;
    private InputException? _fault;

    /// <summary>Joins the others.</summary>
    /// <param name="patience">How long one waits for another.</param>
    /// <exception cref="InputException">No MPI is installed, it does not fit, or it is not the one that started this process.</exception>
    public MpiCommunicator(TimeSpan patience)
    {
        _patience = patience;
        _mpi = MpiLibrary.Load();
        (Rank, Size) = _mpi.Initialize();
        _number = (long*)System.Runtime.InteropServices.NativeMemory.AllocZeroed(sizeof(long));
        if (Launch.Processes is { } started && started != Size)
            throw new InputException($"MPI ({_mpi.Version})", $"sees {Size} process{(Size == 1 ? "" : "es")}, but {started} were started: the launcher is another MPI's",
                $"Start the program by the mpirun of this MPI, or name the launcher's library by {MpiLibrary.Variable}");
        _hosts = [.. Enumerable.Repeat("?", Size)];
        _hosts = [.. Exchange(Environment.MachineName)];
        LocalRank = _hosts.Take(Rank).Count(host => host == _hosts[Rank]);
    }

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size { get; }

    /// <inheritdoc/>
    public int LocalRank { get; }

    /// <inheritdoc/>
    public string Description => $"{_mpi.Version}, {Size} processes on {_hosts.Distinct().Count()} machine{(_hosts.Distinct().Count() == 1 ? "" : "s")}";

    /// <inheritdoc/>
    public double Seconds => Stopwatch.GetElapsedTime(0, _ticks).TotalSeconds;

    /// <inheritdoc/>
    public void Sum(Tensor numbers)
    {
        if (numbers.dtype is not (ScalarType.Float32 or ScalarType.Float64) || !numbers.is_contiguous()) throw new ArgumentException("sums are of contiguous float32 or float64 tensors");
        using var host = OnHost(numbers);
        var (type, size) = numbers.dtype == ScalarType.Float32 ? (_mpi.Float32, sizeof(float)) : (_mpi.Float64, sizeof(double));
        fixed (byte* at = host.bytes)
        {
            for (long done = 0; done < host.numel(); done += MostNumbers)
                Wait(_mpi.Sum(at + done * size, (int)Math.Min(MostNumbers, host.numel() - done), type), _patience);
        }

        if (numbers.device_type != DeviceType.CPU) numbers.copy_(host);
    }

    /// <inheritdoc/>
    public Tensor Gather(Tensor rows)
    {
        using var mine = OnHost(rows.contiguous());
        using var all = empty([Size * rows.shape[0], .. rows.shape[1..]], rows.dtype);
        fixed (byte* from = mine.bytes, to = all.bytes) Wait(_mpi.Gather(from, to, mine.bytes.Length), _patience);
        return rows.device_type == DeviceType.CPU ? all.alias() : all.to(rows.device);
    }

    /// <inheritdoc/>
    public void Broadcast(Tensor numbers)
    {
        using var scope = NewDisposeScope();
        using var free = no_grad();
        var host = OnHost(numbers.contiguous());
        fixed (byte* at = host.bytes) Wait(_mpi.Broadcast(at, host.bytes.Length), _patience);
        if (Rank != 0 && (numbers.device_type != DeviceType.CPU || !numbers.is_contiguous())) numbers.copy_(host);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Exchange(string text, TimeSpan? patience = null)
    {
        var mine = Encoding.UTF8.GetBytes(text);
        var lengths = new int[Size];
        var length = mine.Length;
        fixed (int* all = lengths) Wait(_mpi.Gather(&length, all, sizeof(int)), patience ?? _patience);
        var longest = Math.Max(1, lengths.Max());
        Array.Resize(ref mine, longest);
        var texts = new byte[Size * longest];
        fixed (byte* from = mine, to = texts) Wait(_mpi.Gather(from, to, longest), _patience);
        return [.. lengths.Select((bytes, rank) => Encoding.UTF8.GetString(texts, rank * longest, bytes))];
    }

    /// <inheritdoc/>
    public void Abort(int code)
    {
        if (Size == 1) return;
        _mpi.Abort(code);
        Environment.Exit(code); // where MPI came back
    }

    /// <summary>Waits for the others to end too, as MPI wants it.</summary>
    public void Dispose()
    {
        if (_fault is not null) return;
        Wait(_mpi.Barrier(), Launch.StartPatience); // the first one may still be evaluating
        _mpi.End();
    }

    /// <summary>Waits for all processes to come here, a bounded time.</summary>
    internal void Meet() => Wait(_mpi.Barrier(), _patience);

    private static Tensor OnHost(Tensor tensor) => tensor.device_type == DeviceType.CPU ? tensor.alias() : tensor.cpu();

    private void Wait(nint request, TimeSpan patience)
    {
        if (_fault is not null) throw _fault;
        var since = Stopwatch.GetTimestamp();
        var told = false;
        ++*_number;
        while (!_mpi.IsDone(ref request))
        {
            var waited = Stopwatch.GetElapsedTime(since);
            // Others may need this processor; a wait of seconds needs no haste.
            if (waited.TotalSeconds < 5) Thread.Yield();
            else Thread.Sleep(1);
            if (!told && waited > patience / 2)
            {
                told = true;
                for (var rank = 0; rank < Size; rank++)
                    if (rank != Rank) _mpi.Tell(rank, Tag, _number);
            }

            if (waited > patience) throw _fault = Missing(waited);
        }

        _ticks += Stopwatch.GetTimestamp() - since;
    }

    // Who waits at the same operation has told so; the others are missing.
    private InputException Missing(TimeSpan waited)
    {
        var present = new HashSet<int> { Rank };
        for (var since = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(since) < _grace; Thread.Sleep(10))
        {
            while (_mpi.Told(Tag) is var (rank, number)) if (number == *_number) present.Add(rank);
        }

        var missing = Enumerable.Range(0, Size).Where(rank => !present.Contains(rank)).ToArray();
        var who = missing.Length == 0 ? "the network" : string.Join(", ", missing.Select(rank => $"rank {rank} on {_hosts[rank]}"));
        return new InputException(
            who, FormattableString.Invariant($"did not answer for {waited.TotalSeconds:0} s, in which {string.Join(", ", present.Order().Select(rank => $"rank {rank}"))} waited"),
            "Look at that process and its machine, then resume; --timeout lets them wait longer");
    }
}
