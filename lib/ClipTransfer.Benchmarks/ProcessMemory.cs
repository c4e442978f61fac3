using System.Globalization;
using System.Runtime.InteropServices;

namespace ClipTransfer.Benchmarks;

/// <summary>What this process holds in memory, from Linux's <c>/proc/self/status</c>; other systems tell the working set alone.</summary>
internal static partial class ProcessMemory
{
    /// <summary>Bytes of its own, without mapped files.</summary>
    public static long Private => Status("RssAnon") ?? Environment.WorkingSet;

    /// <summary>The largest resident set since <see cref="ForgetPeak"/>.</summary>
    public static long Peak => Status("VmHWM") ?? System.Diagnostics.Process.GetCurrentProcess().PeakWorkingSet64;

    /// <summary>The resident set now.</summary>
    public static long Resident => Status("VmRSS") ?? Environment.WorkingSet;

    /// <summary>Gives memory that was freed back to the system, so that what comes next is not hidden in what earlier measurements left resident.</summary>
    public static void ReturnFreed()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        if (NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "MallocExtension_ReleaseFreeMemory", out var tcmalloc)) Marshal.GetDelegateForFunctionPointer<Action>(tcmalloc)();
        else if (OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out var libc) && NativeLibrary.TryGetExport(libc, "malloc_trim", out _)) _ = Trim(0);
    }

    /// <summary>Starts the peak anew from what is resident now.</summary>
    public static void ForgetPeak()
    {
        if (OperatingSystem.IsLinux()) File.WriteAllText("/proc/self/clear_refs", "5");
    }

    private static long? Status(string name) => OperatingSystem.IsLinux()
        ? 1024 * long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture)
        : null;

    // glibc alone has it.
    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}
