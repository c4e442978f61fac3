using System.CommandLine;

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
}
