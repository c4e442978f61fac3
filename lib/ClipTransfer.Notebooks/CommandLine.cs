namespace ClipTransfer.Notebooks;

/// <summary>The verbs of <c>dotnet run reproduce.cs -- …</c>.</summary>
public static class CommandLine
{
    /// <summary>Runs one command line; returns the exit code.</summary>
    /// <param name="args">The words after <c>--</c>.</param>
    /// <param name="root">The repository's root; null looks for it upwards from the current folder.</param>
    public static Task<int> InvokeAsync(string[] args, string? root = null)
    {
        Console.WriteLine($"{root}: {string.Join(' ', args)}");
        Console.WriteLine(ClipTransfer.Runtime.TorchRuntime.Initialize());
        return Task.FromResult(0);
    }
}
