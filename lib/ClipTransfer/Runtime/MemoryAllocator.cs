using System.Collections;
using System.Runtime.InteropServices;

namespace ClipTransfer.Runtime;

/// <summary>The allocator behind libtorch's tensors on the CPU: tcmalloc where it is installed, else the system's.</summary>
/// <remarks>
/// glibc's allocator fits a step's tensors so badly that a training at 64 px peaks at 1.3 to 1.5 times what it holds, and creeps up; under tcmalloc it stays at what it holds, at no cost
/// (ClipTransfer.Benchmarks' README). An allocator can only be chosen when a process starts, so a program starts itself again, as PyTorch's launcher for CPUs does.
/// </remarks>
public static partial class MemoryAllocator
{
    /// <summary>The environment variable that keeps the system's allocator when it says <c>system</c>.</summary>
    public const string Variable = "CLIPTRANSFER_ALLOCATOR";

    private const string Preload = "LD_PRELOAD";

    private static readonly string[] _files = ["libtcmalloc_minimal.so.4", "libtcmalloc.so.4"];

    /// <summary>What serves this process: <c>tcmalloc</c>, <c>jemalloc</c>, <c>mimalloc</c> or <c>system</c>.</summary>
    public static string Name { get; } =
        Exports("MallocExtension_ReleaseFreeMemory") ? "tcmalloc" : Exports("mallctl") ? "jemalloc" : Exports("mi_malloc") ? "mimalloc" : "system";

    /// <summary>Starts this program again under tcmalloc, with the same arguments and process number. Returns where that is not possible, not wanted, or done already.</summary>
    /// <remarks>Call it first: nothing of the process but its open standard streams lives on. An <c>LD_PRELOAD</c> of the user's own is left alone.</remarks>
    public static void Prefer()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable(Variable) == "system" || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Preload))) return;
        if (Find(Folders()) is not { } library || File.ResolveLinkTarget("/proc/self/exe", returnFinalTarget: true)?.FullName is not { } program) return;
        string?[] arguments = [.. File.ReadAllText("/proc/self/cmdline").Split('\0')[..^1], null];
        string?[] environment = [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => $"{entry.Key}={entry.Value}"), $"{Preload}={library}", null];
        _ = Execute(program, arguments, environment); // returns only if it failed: then this process goes on as it is
    }

    /// <summary>The first file of tcmalloc in some folders; null if there is none.</summary>
    internal static string? Find(IEnumerable<string> folders) => folders.SelectMany(_ => _files, Path.Combine).FirstOrDefault(File.Exists);

    /// <summary>Where Linux distributions and conda keep libraries.</summary>
    internal static IEnumerable<string> Folders()
    {
        var processor = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64";
        if (Environment.GetEnvironmentVariable("CONDA_PREFIX") is { Length: > 0 } conda) yield return Path.Combine(conda, "lib");
        foreach (var folder in new[] { $"/usr/lib/{processor}-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib" }) yield return folder;
    }

    private static bool Exports(string symbol) => NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), symbol, out _);

    [LibraryImport("libc", EntryPoint = "execve", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string program, string?[] arguments, string?[] environment);
}
