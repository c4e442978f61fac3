using System.Diagnostics;
using ClipTransfer.Notebooks;

namespace ClipTransfer.Tests.Kernel;

/// <summary>Debian's Jupyter with our kernel and no other, in folders of the test's own.</summary>
internal sealed class DebianJupyter : IDisposable
{
    private const string Execute = """
        import sys, nbformat
        from nbclient import NotebookClient
        source, target, folder = sys.argv[1:4]
        notebook = nbformat.read(source, as_version=4)
        client = NotebookClient(notebook, timeout=None, startup_timeout=120, kernel_name=".net-csharp", allow_errors="--errors" in sys.argv, resources={"metadata": {"path": folder}})
        try:
            client.execute()
        finally:
            nbformat.write(notebook, target)
        """;

    private readonly TemporaryFolder _folder = new();

    private DebianJupyter()
    {
    }

    /// <summary>Where the tests may write.</summary>
    public string Folder => _folder.Path;

    /// <summary>Installs the kernel, as a user does but for this Jupyter alone.</summary>
    public static async Task<DebianJupyter> CreateAsync()
    {
        var jupyter = new DebianJupyter();
        Assert.Equal(ExitCodes.Success, await CommandLine.InvokeAsync(["kernel", "install", "--prefix", jupyter.Folder], jupyter.Folder, TextWriter.Null, Console.Error));
        return jupyter;
    }

    /// <summary>Runs a notebook by nbclient; with <paramref name="errors"/> to its end whatever its cells do.</summary>
    public async Task<string> ExecuteAsync(string source, string target, string folder, bool errors = false) =>
        await RunAsync("/usr/bin/python3", folder, ["-c", Execute, source, target, folder, .. errors ? new[] { "--errors" } : []]);

    /// <summary>A program of Debian's Jupyter that is to end well; returns what it said.</summary>
    public async Task<string> RunAsync(string program, string folder, params IReadOnlyList<string> arguments)
    {
        using var process = Process.Start(StartInfo(program, folder, arguments)) ?? throw new InvalidOperationException(program);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        var said = await output + await errors;
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments.Skip(program.EndsWith("python3", StringComparison.Ordinal) ? 2 : 0))}: {said}");
        return said;
    }

    /// <summary>How such a program is started: one thread, no kernel but ours, no settings but its own.</summary>
    public ProcessStartInfo StartInfo(string program, string folder, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["JUPYTER_PATH"] = Path.Combine(Folder, "share", "jupyter");
        foreach (var (name, part) in new[] { ("JUPYTER_DATA_DIR", "data"), ("JUPYTER_CONFIG_DIR", "config"), ("JUPYTER_RUNTIME_DIR", "runtime"), ("IPYTHONDIR", "ipython") })
            start.Environment[name] = Path.Combine(Folder, part);
        start.Environment["OMP_NUM_THREADS"] = "1";
        return start;
    }

    public void Dispose() => _folder.Dispose();
}
