using System.Diagnostics;
using System.Globalization;
using System.Text;
using ClipTransfer.Benchmarks;
using ClipTransfer.Notebooks;
using ClipTransfer.Notebooks.Engine;

namespace ClipTransfer.Tests.Distributed;

/// <summary>The built program, started by mpirun as several processes with one thread each.</summary>
internal sealed class MpiJob : IDisposable
{
    private readonly Process _mpirun;
    private readonly StringBuilder _text = new();
    private readonly string _mark;

    private MpiJob(Process mpirun, string mark)
    {
        (_mpirun, _mark) = (mpirun, mark);
        _mpirun.OutputDataReceived += Take;
        _mpirun.ErrorDataReceived += Take;
        _mpirun.BeginOutputReadLine();
        _mpirun.BeginErrorReadLine();

        void Take(object sender, DataReceivedEventArgs line)
        {
            lock (_text) _text.AppendLine(line.Data);
        }
    }

    /// <summary>Why nothing can be started here; null where it can.</summary>
    public static string? Missing { get; } = !OperatingSystem.IsLinux() ? "these tests start processes by Linux's means"
        : Find("mpirun") is not { } mpirun ? "mpirun is not installed (Debian: openmpi-bin libopenmpi-dev)"
        : IsOpenMpi(mpirun) ? null : "mpirun is not Open MPI's, whose options these tests use";

    /// <summary>The words that start the command line's program.</summary>
    public static string[] Train { get; } = [DotnetHost.Path, "exec", typeof(CommandLine).Assembly.Location, "train"];

    /// <summary>The words that start the benchmarks' program.</summary>
    public static string[] Benchmark { get; } = [DotnetHost.Path, "exec", typeof(MpiBenchmarks).Assembly.Location];

    /// <summary>All that was written so far.</summary>
    public string Text
    {
        get
        {
            lock (_text) return _text.ToString();
        }
    }

    /// <summary>Starts processes of one program.</summary>
    public static MpiJob Start(string mark, int processes, params IEnumerable<string> words) => Start(mark, ["-n", processes.ToString(CultureInfo.InvariantCulture), .. words]);

    /// <summary>Starts what mpirun's own arguments say.</summary>
    /// <param name="mark">A path of this test alone, which every process has among its words.</param>
    /// <param name="arguments">mpirun's arguments.</param>
    public static MpiJob Start(string mark, params IEnumerable<string> arguments) => StartBy([Find("mpirun")!], mark, arguments);

    /// <summary>The same within a network namespace that bears the name of a machine.</summary>
    public static MpiJob StartIn(string host, string mark, params IEnumerable<string> arguments) =>
        StartBy(["ip", "netns", "exec", host, "unshare", "--uts", "sh", "-c", "hostname machine-a; exec \"$@\"", "sh", Find("mpirun")!], mark, arguments);

    private static MpiJob StartBy(string[] command, string mark, IEnumerable<string> arguments)
    {
        var start = DotnetHost.Start(Repository.Find(null).Root, [.. command[1..], .. arguments]);
        start.FileName = command[0];
        start.Environment["OMP_NUM_THREADS"] = "1";
        // A test may run as root, as it does in a container, and on fewer processors than processes.
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        start.Environment["OMPI_MCA_rmaps_base_oversubscribe"] = "1";
        start.Environment["OMPI_MCA_hwloc_base_binding_policy"] = "none";
        start.Environment["TERM"] = "dumb";
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new MpiJob(process, mark);
    }

    /// <summary>The exit code, after at most so many seconds; processes that are left over are a failure.</summary>
    public async Task<int> End(int seconds = 120)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        try
        {
            await _mpirun.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"not ended after {seconds} s:\n{Text}");
        }

        Assert.Empty(Ranks());
        return _mpirun.ExitCode;
    }

    /// <summary>Waits for success.</summary>
    public async Task<string> Success()
    {
        var code = await End();
        Assert.True(code == 0, Text);
        return Text;
    }

    /// <summary>Waits until a file has so many lines.</summary>
    public async Task Lines(string file, int count)
    {
        for (var since = Stopwatch.GetTimestamp(); !File.Exists(file) || File.ReadLines(file).Count() < count; await Task.Delay(20))
            Assert.True(!_mpirun.HasExited && Stopwatch.GetElapsedTime(since).TotalSeconds < 120, $"{file} has no {count} lines:\n{Text}");
    }

    /// <summary>Sends a signal to the process of a rank.</summary>
    public void Signal(int rank, string signal)
    {
        var (id, _) = Assert.Single(Ranks(), process => process.Rank == rank);
        using var kill = Process.Start("kill", ["-" + signal, id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_mpirun.HasExited) _mpirun.Kill(entireProcessTree: true);
        foreach (var (id, _) in Ranks())
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }

        _mpirun.Dispose();
    }

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static bool IsOpenMpi(string mpirun)
    {
        using var process = Process.Start(new ProcessStartInfo(mpirun, ["--version"]) { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadToEnd().Contains("Open MPI", StringComparison.Ordinal);
    }

    // By /proc: processes with the mark among their words, dead ones that nobody has buried included, and the rank that Open MPI put into their environment.
    private List<(int Id, int Rank)> Ranks()
    {
        const string Rank = "OMPI_COMM_WORLD_RANK=";
        var found = new List<(int Id, int Rank)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            try
            {
                if (!File.ReadAllText(Path.Combine(folder, "cmdline")).Contains(_mark, StringComparison.Ordinal)) continue;
                var rank = File.ReadAllText(Path.Combine(folder, "environ")).Split('\0').FirstOrDefault(variable => variable.StartsWith(Rank, StringComparison.Ordinal));
                if (rank is not null) found.Add((int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture), int.Parse(rank[Rank.Length..], CultureInfo.InvariantCulture)));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // It has just ended.
            }
        }

        return found;
    }
}
