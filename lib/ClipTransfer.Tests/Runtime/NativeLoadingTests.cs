using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ClipTransfer.Tests.Runtime;

/// <summary>Native libraries load once a process, so each case is a process of its own.</summary>
[Trait("Category", "Slow")]
public class NativeLoadingTests
{
    private static Process Describe(params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "ClipTransfer.Notebooks.dll"), "describe", "--device", "cpu"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static (int Code, string Output, string Errors) Finish(Process process)
    {
        using (process)
        {
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, errors.Result);
        }
    }

    private static string NativeFolder => Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native");

    [Fact]
    public void Processes_that_start_at_once_share_one_whole_patched_copy()
    {
        using var cache = new TemporaryFolder();
        var processes = Enumerable.Range(0, 4).Select(_ => Describe(("XDG_CACHE_HOME", cache.Path))).ToArray();
        Assert.All(processes.Select(Finish), run => Assert.True(run.Code == 0 && run.Output.Contains("libtorch    2.", StringComparison.Ordinal), run.Errors));
        // Where libstdc++ is new enough no copy is made; where it is old there is exactly one, and nothing half-written.
        Assert.InRange(Directory.GetFiles(cache.Path, "*", SearchOption.AllDirectories).Length, 0, 1);
    }

    [Fact]
    public void A_damaged_copy_in_the_cache_is_made_again()
    {
        using var cache = new TemporaryFolder();
        Assert.Equal(0, Finish(Describe(("XDG_CACHE_HOME", cache.Path))).Code);
        foreach (var copy in Directory.GetFiles(cache.Path, "*.so", SearchOption.AllDirectories)) File.WriteAllText(copy, "cut off");
        Assert.Equal(0, Finish(Describe(("XDG_CACHE_HOME", cache.Path))).Code);
    }

    [Fact]
    public void Another_libtorch_on_the_loaders_path_is_kept_out()
    {
        if (!RuntimeInformation.IsOSPlatform(OSPlatform.Linux)) return;
        using var folder = new TemporaryFolder();
        // A library with the wrong content under each name: loading any of them would fail the process.
        foreach (var name in new[] { "libtorch.so", "libtorch_cpu.so", "libc10.so", "libLibTorchSharp.so" })
            File.Copy(Path.Combine(NativeFolder, "libSkiaSharp.so"), folder.File(name));
        var run = Finish(Describe(("LD_LIBRARY_PATH", folder.Path)));
        Assert.True(run.Code == 0, run.Errors);
    }

    [Fact]
    public void A_libtorch_named_beside_the_programs_own_is_refused_in_one_line()
    {
        if (!RuntimeInformation.IsOSPlatform(OSPlatform.Linux)) return;
        var run = Finish(Describe(("CLIPTRANSFER_LIBTORCH", "/no/such/folder")));
        Assert.NotEqual(0, run.Code);
        Assert.Contains("built with a libtorch of its own", run.Errors, StringComparison.Ordinal);
        Assert.Single(run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
