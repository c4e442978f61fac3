using System.Globalization;

namespace ClipTransfer.Results;

/// <summary>One run of a grid.</summary>
/// <param name="Blocks">The blocks that ask for it: a run that two blocks share is done once.</param>
/// <param name="Settings">Everything that decides it.</param>
/// <param name="Key">Twelve hexadecimal digits of a hash over settings, tests and <see cref="SweepGrid.CodeVersion"/>.</param>
public sealed record SweepPoint(IReadOnlyList<string> Blocks, TrainingRunSettings Settings, string Key)
{
    /// <summary>The run's name, and that of its folder.</summary>
    public string Name(string grid) => string.Create(CultureInfo.InvariantCulture, $"{grid}-{Settings.Method.Name}-seed{Settings.Seed}-{Key}");
}
