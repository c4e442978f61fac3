using System.Diagnostics;
using System.Runtime.InteropServices;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>The <c>dotnet</c> program that belongs to the running .NET.</summary>
internal static class DotnetHost
{
    /// <summary>Its full path.</summary>
    /// <exception cref="InputException">There is none: this program was published with a .NET of its own.</exception>
    public static string Path { get; } = Find();

    /// <summary>A process of <c>dotnet</c> with both outputs redirected, free of what a surrounding build left in the environment.</summary>
    public static ProcessStartInfo Start(string folder, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Path, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(name);
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        return start;
    }

    /// <summary>Runs <c>dotnet</c> to its end; returns its exit code and everything that it wrote.</summary>
    public static async Task<(int ExitCode, string Text)> RunAsync(string folder, CancellationToken cancellation, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(Start(folder, arguments))
            ?? throw new InputException("dotnet", "could not be started", "Check that the .NET SDK is installed");
        process.StandardInput.Close();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellation);
            var errors = process.StandardError.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            return (process.ExitCode, await output.ConfigureAwait(false) + await errors.ConfigureAwait(false));
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private static string Find()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        string?[] candidates =
        [
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH"),
            Environment.ProcessPath,
            // <dotnet>/shared/Microsoft.NETCore.App/<version>/
            System.IO.Path.GetFullPath(System.IO.Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name)),
        ];
        return candidates.FirstOrDefault(path => path is not null && System.IO.Path.GetFileName(path) == name && File.Exists(path))
            ?? throw new InputException("dotnet", "the .NET SDK that this program belongs to was not found", "Install the .NET SDK, or use packages of this build only");
    }
}
