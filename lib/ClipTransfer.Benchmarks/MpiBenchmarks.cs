using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ClipTransfer.Runtime;
using ClipTransfer.Training.Distributed;

namespace ClipTransfer.Benchmarks;

/// <summary>The verb <c>mpi</c>: alone it starts one and two processes in turns and compares them; <c>mpi check</c> is to be started by mpirun itself.</summary>
internal static class MpiBenchmarks
{
    private const int Turns = 3;

    /// <summary>Runs it; returns the exit code.</summary>
    public static int Run(string[] arguments)
    {
        switch (arguments)
        {
            case []:
                return Compare();
            case ["check", ..]:
                return InAll(across =>
                {
                    TorchRuntime.Initialize("cpu", threads: 1);
                    foreach (var line in MpiCheck.Lines(across).Prepend(across.Description))
                    {
                        if (across.Rank == 0) Console.WriteLine(line);
                    }
                });
            case ["worker", .. var large]:
                return InAll(across =>
                {
                    var measured = MpiWorker.Measure(across, new SummarySizes(), large.Contains("large"));
                    if (across.Rank == 0) Console.WriteLine(JsonSerializer.Serialize(measured));
                });
            default:
                Console.Error.WriteLine("mpi: starts mpirun with one and two processes · mpi check: mpirun -n 4 ClipTransfer.Benchmarks mpi check");
                return 2;
        }
    }

    private static int InAll(Action<ICommunicator> work) => Launch.Run(TimeSpan.FromMinutes(2), Console.Error, 2, across =>
    {
        work(across);
        return 0;
    });

    private static int Compare()
    {
        var runs = new List<MpiWorker>();
        try
        {
            for (var turn = 0; turn < Turns; turn++)
            {
                foreach (var processes in new[] { 1, 2 }) runs.Add(Start(processes));
            }

            var large = Start(1, "large");
            var (one, two) = (Median(runs, 1), Median(runs, 2));
            var speed = new BenchmarkLine("64 px training, two processes of one thread over one", one.StepSeconds / two.StepSeconds, 1.6, "0.00×");
            Console.WriteLine(speed);
            Console.WriteLine(speed.Goal(1.8));
            Console.WriteLine(new BenchmarkLine("exchange with the other process, waiting included, share of the step", two.Communication / two.StepSeconds, 0.1, "0.0 %", AtLeast: false, IsGoal: true));
            var rate = two.GradientBytes / two.SumSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"sum of {two.GradientBytes / 1e6:0.0} MB of gradients between two processes: {1e3 * two.SumSeconds:0.0} ms, {rate / 1e9:0.00} GB/s"));
            Table("the model of the 64 px line", one, rate);
            Table("ResNet-50 + DistilBERT at 224 px", large, rate);
            return 0;
        }
        catch (InputException error)
        {
            Console.Error.WriteLine(error.Message);
            return 2;
        }
    }

    private static void Table(string name, MpiWorker alone, double rate)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{name}: T = {alone.StepSeconds:0.00} s for b = {alone.Rows} rows on one thread, P = {alone.GradientBytes / 1e6:0.0} MB, D = {alone.EmbedDim}\n"));
        foreach (var line in new ScalingTable(alone.StepSeconds, alone.GradientBytes, alone.Rows, alone.EmbedDim, rate).Lines()) Console.WriteLine(line);
    }

    private static MpiWorker Median(List<MpiWorker> runs, int processes)
    {
        var some = runs.Where(run => run.Processes == processes).ToArray();
        double Of(Func<MpiWorker, double> number) => Interleaved.Median([.. some.Select(number)]);
        return some[0] with { StepSeconds = Of(run => run.StepSeconds), Communication = Of(run => run.Communication), SumSeconds = Of(run => run.SumSeconds) };
    }

    private static MpiWorker Start(int processes, params string[] more)
    {
        // The built program, by `dotnet` where that is how this one was started.
        string[] self = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [Environment.ProcessPath!, "exec", typeof(MpiBenchmarks).Assembly.Location]
            : [Environment.ProcessPath!];
        var start = new ProcessStartInfo("mpirun", ["-n", processes.ToString(CultureInfo.InvariantCulture), .. self, "mpi", "worker", .. more]) { RedirectStandardOutput = true };
        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["TERM"] = "dumb"; // no colours, no cursor, before the line that is read here
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            var line = output.Split('\n').FirstOrDefault(text => text.StartsWith('{'));
            if (process.ExitCode != 0 || line is null) throw new InputException($"mpirun -n {processes}", $"ended with code {process.ExitCode}", "Look at what it wrote");
            Console.Error.WriteLine(line);
            return JsonSerializer.Deserialize<MpiWorker>(line)!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new InputException("mpirun", "was not found", "Install Open MPI or MPICH (see environment.md)", error);
        }
    }
}
