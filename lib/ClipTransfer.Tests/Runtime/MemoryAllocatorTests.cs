using System.Diagnostics;
using ClipTransfer.Runtime;

namespace ClipTransfer.Tests.Runtime;

/// <summary>An allocator is chosen when a process starts, so each case is a process of its own.</summary>
public class MemoryAllocatorTests
{
    private static (int Code, string Output, string Errors) Run(IEnumerable<string> arguments, params (string Name, string? Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "ClipTransfer.Notebooks.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("LD_PRELOAD");
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }

    private static string Allocator(string output) => output.Split('\n').Single(line => line.StartsWith("allocator", StringComparison.Ordinal)).Split(' ')[^1].Trim();

    [Fact]
    public void The_program_runs_under_tcmalloc_where_that_is_installed()
    {
        var installed = OperatingSystem.IsLinux() && Directory.EnumerateFiles("/usr/lib", "libtcmalloc*.so.4", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }).Any();
        Assert.Equal(installed ? "tcmalloc" : "system", Allocator(Run(["describe", "--device", "cpu"]).Output));
    }

    [Fact]
    public void A_variable_keeps_the_systems_allocator() =>
        Assert.Equal("system", Allocator(Run(["describe", "--device", "cpu"], (MemoryAllocator.Variable, "system")).Output));

    [Fact]
    public void Arguments_and_exit_code_come_through_unchanged()
    {
        const string Odd = "größe \"two words\"";
        var (code, _, errors) = Run([Odd, ""]);
        Assert.StartsWith(Odd + ": there is no such verb", errors, StringComparison.Ordinal);
        Assert.Equal(2, code);
    }

    [Fact]
    public void The_small_library_is_preferred_and_folders_are_tried_in_turn()
    {
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();
        Assert.Null(MemoryAllocator.Find([first.Path, second.Path]));
        File.WriteAllText(second.File("libtcmalloc_minimal.so.4"), "");
        Assert.Equal(second.File("libtcmalloc_minimal.so.4"), MemoryAllocator.Find([first.Path, second.Path]));
        File.WriteAllText(first.File("libtcmalloc.so.4"), "");
        Assert.Equal(first.File("libtcmalloc.so.4"), MemoryAllocator.Find([first.Path, second.Path]));
        File.WriteAllText(first.File("libtcmalloc_minimal.so.4"), "");
        Assert.Equal(first.File("libtcmalloc_minimal.so.4"), MemoryAllocator.Find([first.Path, second.Path]));
    }
}
