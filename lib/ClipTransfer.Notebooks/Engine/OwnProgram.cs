using System.Reflection;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>How this very program is started again: the built program itself, never <c>dotnet run</c>, so no build and no race between processes.</summary>
internal static class OwnProgram
{
    /// <summary>The program and its arguments, the verb's own last.</summary>
    /// <param name="assembly">The built program; null for the one that runs.</param>
    /// <param name="arguments">What the verb gets.</param>
    public static IReadOnlyList<string> CommandLine(string? assembly, params IEnumerable<string> arguments)
    {
        var program = assembly ?? typeof(OwnProgram).Assembly.Location;
        // Published with a .NET of its own, the program is its own host.
        var own = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == Assembly.GetEntryAssembly()?.GetName().Name ? path : null;
        return own is not null && !File.Exists(Path.ChangeExtension(program, ".runtimeconfig.json"))
            ? [own, .. arguments]
            : [DotnetHost.Path, "exec", program, .. arguments];
    }
}
