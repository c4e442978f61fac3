namespace ClipTransfer.Plots;

/// <summary>One line or cloud of points of a figure.</summary>
/// <param name="Name">What the legend says.</param>
/// <param name="X">Positions along the x axis.</param>
/// <param name="Y">Values; not-a-number leaves a gap.</param>
/// <param name="Low">Lower ends of an interval around each value, drawn as a band; null for none.</param>
/// <param name="High">Upper ends of an interval around each value; given exactly when <paramref name="Low"/> is.</param>
public sealed record Series(
    string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y, IReadOnlyList<double>? Low = null, IReadOnlyList<double>? High = null)
{
    /// <summary>Whether the series carries an interval band.</summary>
    internal bool HasBand => Low is not null && High is not null;

    /// <summary>Checks that all columns have one length.</summary>
    internal Series Checked()
    {
        if (X.Count != Y.Count || (Low is null) != (High is null) || (Low is not null && (Low.Count != X.Count || High!.Count != X.Count)))
        {
            throw new ArgumentException($"Series '{Name}': X has {X.Count} values, Y {Y.Count}, Low {Low?.Count ?? 0}, High {High?.Count ?? 0}; they must agree.");
        }

        return this;
    }
}
