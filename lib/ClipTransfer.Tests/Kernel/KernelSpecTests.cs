using System.Text.Json.Nodes;
using ClipTransfer.Notebooks;
using ClipTransfer.Tests.Notebooks;

namespace ClipTransfer.Tests.Kernel;

/// <summary>What <c>kernel install</c> leaves for Jupyter, in folders of the test's own.</summary>
public sealed class KernelSpecTests : IDisposable
{
    private static readonly string[] _variables = ["JUPYTER_DATA_DIR", "JUPYTER_PATH"];

    private readonly CloneFixture _clone = new();
    private readonly string?[] _before = [.. _variables.Select(Environment.GetEnvironmentVariable)];

    public KernelSpecTests()
    {
        Environment.SetEnvironmentVariable("JUPYTER_DATA_DIR", Path.Combine(_clone.Root, "data"));
        Environment.SetEnvironmentVariable("JUPYTER_PATH", Path.Combine(_clone.Root, "path"));
    }

    public void Dispose()
    {
        for (var i = 0; i < _variables.Length; i++) Environment.SetEnvironmentVariable(_variables[i], _before[i]);
        _clone.Dispose();
    }

    [Fact]
    public async Task The_kernel_is_installed_for_the_user_and_starts_the_built_program()
    {
        var (code, output, _) = await _clone.InvokeAsync("kernel", "install");
        Assert.Equal(ExitCodes.Success, code);
        var file = Path.Combine(_clone.Root, "data", "kernels", ".net-csharp", "kernel.json");
        Assert.Contains(Path.GetDirectoryName(file)!, output, StringComparison.Ordinal);
        var spec = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        string[] argv = [.. spec["argv"]!.AsArray().Select(part => part!.ToString())];
        Assert.True(File.Exists(argv[0]), argv[0]);
        Assert.DoesNotContain("run", argv);
        Assert.Equal(["exec", typeof(CommandLine).Assembly.Location, "jupyter-kernel", "{connection_file}"], argv[1..]);
        Assert.Equal(("message", "C#"), (spec["interrupt_mode"]!.ToString(), spec["language"]!.ToString()));
        Assert.Contains(".net-csharp  ", (await _clone.InvokeAsync("kernel", "list")).Output, StringComparison.Ordinal);
        // Once more changes nothing: the name is taken by ourselves.
        await _clone.InvokeAsync("kernel", "install");
        Assert.Single(Directory.GetDirectories(Path.Combine(_clone.Root, "data", "kernels")));
    }

    [Theory]
    [InlineData("data")]
    [InlineData("path")]
    public async Task A_name_that_another_kernel_has_is_left_to_it(string where)
    {
        var other = Path.Combine(_clone.Root, where, "kernels", ".net-csharp");
        Directory.CreateDirectory(other);
        await File.WriteAllTextAsync(Path.Combine(other, "kernel.json"), """{"argv":["dotnet-interactive"],"display_name":".NET (C#)","language":"C#"}""");
        Assert.Equal(ExitCodes.Success, (await _clone.InvokeAsync("kernel", "install")).Code);
        Assert.True(File.Exists(Path.Combine(_clone.Root, "data", "kernels", "clip-transfer", "kernel.json")));
        Assert.Contains("dotnet-interactive", await File.ReadAllTextAsync(Path.Combine(other, "kernel.json")), StringComparison.Ordinal);

        Assert.Equal(ExitCodes.Success, (await _clone.InvokeAsync("kernel", "uninstall")).Code);
        Assert.False(Directory.Exists(Path.Combine(_clone.Root, "data", "kernels", "clip-transfer")));
        Assert.True(Directory.Exists(other));
        Assert.Equal(ExitCodes.BadInput, (await _clone.InvokeAsync("kernel", "uninstall")).Code);
        Assert.Contains("No kernel of ours", (await _clone.InvokeAsync("kernel", "list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prefix_is_meant_as_jupyter_means_it()
    {
        var prefix = Path.Combine(_clone.Root, "venv");
        Assert.Equal(ExitCodes.Success, (await _clone.InvokeAsync("kernel", "install", "--prefix", prefix)).Code);
        Assert.True(File.Exists(Path.Combine(prefix, "share", "jupyter", "kernels", ".net-csharp", "kernel.json")));
        Assert.Contains("venv", (await _clone.InvokeAsync("kernel", "list", "--prefix", prefix)).Output, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Success, (await _clone.InvokeAsync("kernel", "uninstall", "--prefix", prefix)).Code);
        Assert.Empty(Directory.GetDirectories(Path.Combine(prefix, "share", "jupyter", "kernels")));
    }
}
