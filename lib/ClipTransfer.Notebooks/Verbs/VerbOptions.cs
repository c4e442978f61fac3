using System.CommandLine;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Verbs;

/// <summary>Options that several verbs share.</summary>
internal static class VerbOptions
{
    /// <summary><c>--only 01,02</c>, which may also be given as <c>--only 01 02</c> or twice.</summary>
    public static Option<string[]> Only(string description) =>
        new("--only") { Description = description, HelpName = "NUMBERS", AllowMultipleArgumentsPerToken = true };

    /// <summary>The names that it was given.</summary>
    public static string[] Names(string[]? only) =>
        [.. (only ?? []).SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    /// <summary><c>--device cuda:1</c>.</summary>
    public static Option<string> Device() => new("--device") { Description = "auto, cpu, cuda or cuda:N.", DefaultValueFactory = _ => "auto", HelpName = "DEVICE" };

    /// <summary><c>--data DIR</c>.</summary>
    public static Option<string?> Data() => new("--data") { Description = "The folder that holds the data sets. Without it, the clone's datasets/.", HelpName = "DIR" };

    /// <summary>The folder that it names.</summary>
    /// <exception cref="InputException">There is no such folder.</exception>
    public static string DataFolder(Repository repository, string? folder)
    {
        if (string.IsNullOrEmpty(folder)) return Path.Combine(repository.Root, "datasets");
        return Directory.Exists(folder) ? Path.GetFullPath(folder) : throw new InputException($"--data {folder}", "there is no such folder", "Name the folder that holds the data sets");
    }
}
