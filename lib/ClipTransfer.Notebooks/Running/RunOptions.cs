namespace ClipTransfer.Notebooks.Running;

/// <summary>What the command line asked of a run.</summary>
/// <param name="Profile">How large: <c>quick</c>, <c>default</c>, <c>full</c> or <c>paper</c>.</param>
/// <param name="Data">The folder with real data, as a full path; null takes what is generated.</param>
/// <param name="Output">The folder for results, as a full path.</param>
/// <param name="Settings">Variables of the parameters cell with other values.</param>
/// <param name="Timeout">How long one notebook may take; null is for ever.</param>
/// <param name="Again">Whether notebooks are run though nothing they depend on has changed.</param>
public sealed record RunOptions(
    string Profile, string? Data, string Output, IReadOnlyDictionary<string, string> Settings, TimeSpan? Timeout, bool Again = false)
{
    /// <summary>The sizes that a run can have.</summary>
    public static readonly IReadOnlyList<string> Profiles = ["quick", "default", "full", "paper"];

    /// <summary>All values to give to a notebook's parameters, those that not every notebook declares included.</summary>
    public IReadOnlyDictionary<string, string> Values()
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { ["profile"] = Profile, ["output"] = Output };
        if (Data is not null) values["data"] = Data;
        foreach (var (name, value) in Settings) values[name] = value;
        return values;
    }
}
