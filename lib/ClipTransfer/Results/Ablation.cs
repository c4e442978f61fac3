using ClipTransfer.Runtime;

namespace ClipTransfer.Results;

/// <summary>What one setting does to a method and to its control: for each value of the setting the runs of both, with the seeds that all have.</summary>
public sealed class Ablation
{
    private readonly SweepResults[] _treated;
    private readonly SweepResults[] _control;

    private Ablation(IReadOnlyList<double> values, SweepResults[] treated, SweepResults[] control) => (Values, _treated, _control) = (values, treated, control);

    /// <summary>The values of the setting, ascending.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>Sorts runs by a setting.</summary>
    /// <param name="runs">The runs, for example a block of a grid. Where nothing is treated there are no values, and every interval says so.</param>
    /// <param name="setting">The setting that varies, for example λ, or the number of pairs.</param>
    /// <param name="treated">The runs with what is tested.</param>
    /// <param name="control">The runs without. Where these have one value of the setting only (λ of a method that has none), they are compared with every value of the others.</param>
    /// <exception cref="InputException">A value has no control, or no seed is common to all.</exception>
    public static Ablation Of(SweepResults runs, Func<SweepSummary, double> setting, Func<SweepSummary, bool> treated, Func<SweepSummary, bool> control)
    {
        var with = By(runs.Where(treated));
        var without = By(runs.Where(control));
        if (with.Count == 0) return new Ablation([], [], []);
        var controls = with.Keys.Select(value => without.Count == 1 ? without.Values.First() : without.GetValueOrDefault(value)
            ?? throw new InputException(runs.Name, FormattableString.Invariant($"has no run without what is tested at {value}"), "Run the missing ones")).ToArray();
        // Some values may have been given more seeds than others.
        var seeds = with.Values.Concat(controls).Select(some => some.SeedNumbers).Aggregate((a, b) => [.. a.Intersect(b)]);
        if (seeds.Count == 0) throw new InputException(runs.Name, "has no seed for all that is to be compared", "Run the missing ones");
        return new Ablation([.. with.Keys], [.. with.Values.Select(Common)], [.. controls.Select(Common)]);

        SweepResults Common(SweepResults some) => some.Where(run => seeds.Contains(run.Seed));

        SortedDictionary<double, SweepResults> By(SweepResults some) => new(some.Runs.GroupBy(setting).ToDictionary(group => group.Key, group => some with { Runs = [.. group] }));
    }

    /// <summary>A measured value with what is tested, for each value of the setting, one number a seed.</summary>
    public IReadOnlyList<IReadOnlyList<double>> Treated(Func<SweepSummary, double> measured) => Each(_treated, measured);

    /// <summary>The same without it.</summary>
    public IReadOnlyList<IReadOnlyList<double>> Control(Func<SweepSummary, double> measured) => Each(_control, measured);

    /// <summary>The gains, paired by seed: with minus without, for each value of the setting one number a seed.</summary>
    public IReadOnlyList<IReadOnlyList<double>> Gains(Func<SweepSummary, double> measured) => [.. _treated.Zip(_control, (with, without) => with.DifferencesTo(without, measured))];

    /// <summary>The gain at one value of the setting; without an interval where that is not among the runs.</summary>
    /// <param name="value">The value.</param>
    /// <param name="measured">What is compared.</param>
    /// <param name="level">Coverage; where the best of several values is picked, one less the error divided by how many there are.</param>
    public Interval Gain(double value, Func<SweepSummary, double> measured, double level = 0.95) => At(value) is { } at ? _treated[at].DifferenceTo(_control[at], measured, level) : Missing;

    /// <summary>How much a measured value without what is tested changes from one value of the setting to another, paired by seed.</summary>
    public Interval ControlChange(double from, double to, Func<SweepSummary, double> measured) =>
        At(from) is { } low && At(to) is { } high ? _control[high].DifferenceTo(_control[low], measured) : Missing;

    /// <summary>How much the gain changes from one value of the setting to another, paired by seed.</summary>
    public Interval GainChange(double from, double to, Func<SweepSummary, double> measured) =>
        At(from) is { } low && At(to) is { } high ? Interval.PairedDifference(Gains(measured)[high], Gains(measured)[low]) : Missing;

    /// <summary>How the gain changes when the setting doubles: the least-squares slope of each seed's gains over log₂ of the setting, and Student's interval over seeds.</summary>
    public Interval GainPerDoubling(Func<SweepSummary, double> measured) => PerDoubling(Values, Gains(measured));

    /// <summary>The least-squares slope over log₂ x, a seed at a time, with Student's interval over seeds; none where there are fewer than two x.</summary>
    /// <param name="at">x, positive numbers.</param>
    /// <param name="values">For each x one value a seed.</param>
    public static Interval PerDoubling(IReadOnlyList<double> at, IReadOnlyList<IReadOnlyList<double>> values)
    {
        if (at.Count < 2) return Missing;
        var x = at.Select(Math.Log2).ToArray();
        var middle = x.Average();
        var spread = x.Sum(v => (v - middle) * (v - middle));
        var slopes = Enumerable.Range(0, values[0].Count).Select(seed => x.Zip(values, (v, row) => (v - middle) * row[seed]).Sum() / spread);
        return Interval.StudentT([.. slopes]);
    }

    private static Interval Missing => Interval.None(double.NaN, SweepResults.NotAmongTheRuns, 0);

    private int? At(double value) => Values.ToList().IndexOf(value) is >= 0 and var at ? at : null;

    private static IReadOnlyList<IReadOnlyList<double>> Each(SweepResults[] runs, Func<SweepSummary, double> measured) =>
        [.. runs.Select(some => (IReadOnlyList<double>)[.. some.Runs.OrderBy(run => run.Seed).Select(measured)])];
}
