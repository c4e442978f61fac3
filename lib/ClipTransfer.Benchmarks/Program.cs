using System.Diagnostics;
using System.Globalization;
using ClipTransfer.Benchmarks;
using ClipTransfer.Models;
using ClipTransfer.Runtime;

if (args is ["data", .. var data]) return DataBenchmarks.Run(data); // needs no libtorch, and its memory is measured
if (args is ["mpi", .. var mpi]) return MpiBenchmarks.Run(mpi); // each process chooses its device and threads
// Memory is that of our programs, which choose their allocator; speeds are compared under the system's, which the plain loop of a user has.
if (args is ["memory", ..]) MemoryAllocator.Prefer();
var description = TorchRuntime.Initialize("cpu");
switch (args)
{
    case ["summary", .. var options]:
        return Summarise(options);
    case ["resources"]:
        foreach (var line in Summary.Resources(new SummarySizes())) Console.WriteLine(line);
        return 0;
    case ["memory", .. var which]:
        foreach (var line in Summary.Memory(new SummarySizes(), which.Contains("--large"))) Console.WriteLine(line);
        return 0;
    case ["profile"]:
        Console.WriteLine($"{description}\nkind | layers | ms | of the step | GFLOP/s");
        using (var work = new Workload(DualEncoderSettings.Small, 64, 256, 128))
        {
            foreach (var line in Profile.Lines(work)) Console.WriteLine(line);
        }

        return 0;
    case ["curves"]:
        using (var work = new Workload(DualEncoderSettings.Small, 64, 1024, 128))
        {
            Console.WriteLine("steps | trainer | plain loop | spread of three seeds");
            foreach (var w in LossCurves.Measure(work, 3, epochs: 12).Windows(8))
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{w.From}–{w.To - 1} | {w.Engine:0.000} | {w.Plain:0.000} | {w.Spread:0.000}"));
        }

        return 0;
    default:
        Console.Error.WriteLine("verbs: summary [--quick] [--markdown FILE] · resources · memory [--large] · profile · curves · data [PICTURES] · mpi [check]");
        return 2;
}

int Summarise(string[] options)
{
    var sizes = new SummarySizes();
    var quick = Summary.Quick(sizes).Select(line => line.ToString());
    var lines = options.Contains("--quick") ? quick : quick.Concat(Summary.Long(sizes).Select(line => line.ToString())).Concat(InFreshProcess("memory")).Concat(InFreshProcess("memory", "--large"));
    var written = new List<string>
    {
        $"{description}, {DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}", "", "| what | measured | target | |", "|---|---|---|---|",
    };
    Console.WriteLine(description);
    foreach (var line in lines)
    {
        Console.WriteLine(line);
        written.Add($"| {line} |");
    }

    var precision = PrecisionPolicy.Choose(Precision.Auto);
    Console.WriteLine($"precision: {precision}");
    written.AddRange(["", $"Precision `auto`: {precision}."]);
    if (Array.IndexOf(options, "--markdown") is >= 0 and var at && at + 1 < options.Length) AtomicFile.WriteText(options[at + 1], string.Join('\n', written) + "\n");
    return 0;
}

// The lines that this program prints for a verb, by a process that did nothing before.
static IEnumerable<string> InFreshProcess(params string[] verb)
{
    using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, verb) { RedirectStandardOutput = true })!;
    while (process.StandardOutput.ReadLine() is { } line) yield return line;
    process.WaitForExit();
    if (process.ExitCode != 0) throw new InputException($"benchmark {verb[0]}", $"ended with exit code {process.ExitCode}", "Its message stands above");
}
