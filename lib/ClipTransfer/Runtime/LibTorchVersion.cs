using System.Reflection;
using System.Text.RegularExpressions;

namespace ClipTransfer.Runtime;

/// <summary>The version of libtorch that TorchSharp was built for, and that of a folder.</summary>
internal static partial class LibTorchVersion
{
    /// <summary>What this build's TorchSharp wants.</summary>
    public static string Wanted { get; } = typeof(LibTorchVersion).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(a => a.Key == "LibTorchVersion")?.Value ?? "unknown";

    /// <summary>What a folder holds: a libtorch download says it in <c>build-version</c>, a Python package in <c>version.py</c>.</summary>
    /// <param name="folder">The folder of libtorch_cpu.so.</param>
    public static string Of(string folder)
    {
        foreach (var file in new[] { Path.Combine(folder, "..", "build-version"), Path.Combine(folder, "..", "version.py") })
        {
            if (File.Exists(file) && Number().Match(File.ReadAllText(file)) is { Success: true } match) return match.Value;
        }

        return "of unknown version";
    }

    [GeneratedRegex(@"\d+\.\d+\.\d+[+\w.]*")]
    private static partial Regex Number();
}
