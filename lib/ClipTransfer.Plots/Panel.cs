namespace ClipTransfer.Plots;

/// <summary>One state of a knob: its label and its chart. A figure without a knob has one step.</summary>
internal sealed record Step(string Label, IChart Chart);

/// <summary>One plot of a figure; several steps stand on a knob and share their scale.</summary>
internal sealed record Panel(string Title, string Knob, IReadOnlyList<Step> Steps)
{
    /// <summary>The span of all steps together, so that turning the knob does not move the axes.</summary>
    internal Extent Extent => Steps.Select(step => step.Chart.Extent).Aggregate((a, b) => a.Union(b));

    internal bool HasKnob => Steps.Count > 1;

    internal string Describe() => HasKnob
        ? $"{Knob} can be set to {string.Join(", ", Steps.Select(step => step.Label))}. At {Steps[0].Label}: {Steps[0].Chart.Describe()} At {Steps[^1].Label}: {Steps[^1].Chart.Describe()}"
        : Steps[0].Chart.Describe();

    internal CsvTable ToCsv() => HasKnob ? CsvTable.Stack(Knob, Steps.Select(step => (step.Label, step.Chart.ToCsv()))) : Steps[0].Chart.ToCsv();
}
