using System.Text.Json;
using ClipTransfer.Runtime;

namespace ClipTransfer.Results;

/// <summary>The results of a grid in one file: what tables and figures read.</summary>
/// <param name="Name">The grid's name.</param>
/// <param name="Head">What the runs are for.</param>
/// <param name="CodeVersion">The version of the code that measured, see <see cref="SweepGrid.CodeVersion"/>.</param>
/// <param name="Runs">The runs, in the grid's order.</param>
public sealed record SweepResults(string Name, RunHead Head, int CodeVersion, IReadOnlyList<SweepSummary> Runs)
{
    // One line a run would be unreadable, one line a number too long: no indentation. Runs keep all digits in their own files; here six are enough.
    internal static JsonSerializerOptions Json { get; } = Short();

    /// <summary>Why an interval of runs is missing that a grid does not have.</summary>
    internal const string NotAmongTheRuns = "not among these runs";

    /// <summary>Reads a merged file.</summary>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public static SweepResults Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<SweepResults>(File.ReadAllText(path), ResultsJson.Options)
                ?? throw new InputException(path, "is empty", "Merge the sweep again");
        }
        catch (JsonException error)
        {
            throw new InputException(path, $"is not a sweep's result ({error.Message.Split('.')[0]})", "Merge the sweep again", error);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException(path, "is not there", "Run `sweep` and `sweep merge`, or take the published file", error);
        }
    }

    /// <summary>The runs of a block.</summary>
    public SweepResults Block(string name) => this with { Runs = [.. Runs.Where(run => run.Blocks.Contains(name))] };

    /// <summary>The runs that fit.</summary>
    public SweepResults Where(Func<SweepSummary, bool> wanted) => this with { Runs = [.. Runs.Where(wanted)] };

    /// <summary>The methods, in the order of the grid.</summary>
    public IReadOnlyList<string> Methods => [.. Runs.Select(run => run.Method).Distinct()];

    /// <summary>The seeds, ascending.</summary>
    public IReadOnlyList<long> SeedNumbers => [.. Runs.Select(run => run.Seed).Distinct().Order()];

    /// <summary>The runs of one method, by seed.</summary>
    public IReadOnlyList<SweepSummary> Of(string method) => [.. Runs.Where(run => run.Method == method).OrderBy(run => run.Seed)];

    /// <summary>The mean of a value over the seeds of a method, with Student's interval.</summary>
    public Interval Over(string method, Func<SweepSummary, double> value) => Interval.StudentT([.. Of(method).Select(value)]);

    /// <summary>The mean difference of a value between two methods, paired by seed.</summary>
    /// <exception cref="InputException">They have no seeds in common.</exception>
    public Interval Difference(string treated, string control, Func<SweepSummary, double> value) => Difference(run => run.Method == treated, run => run.Method == control, value);

    /// <summary>The same between any two kinds of runs that have one run a seed.</summary>
    /// <exception cref="InputException">They have no seeds in common, or one of them twice.</exception>
    public Interval Difference(Func<SweepSummary, bool> treated, Func<SweepSummary, bool> control, Func<SweepSummary, double> value) => Where(treated).DifferenceTo(Where(control), value);

    /// <summary>The mean of <see cref="DifferencesTo"/> with Student's interval; none where there are no runs.</summary>
    /// <param name="control">Other runs; the seeds that both have are compared.</param>
    /// <param name="value">What is compared.</param>
    /// <param name="level">Coverage.</param>
    /// <exception cref="InputException">They have no seeds in common, or one of them twice.</exception>
    public Interval DifferenceTo(SweepResults control, Func<SweepSummary, double> value, double level = 0.95)
    {
        if (Runs.Count == 0 || control.Runs.Count == 0) return Interval.None(double.NaN, NotAmongTheRuns, 0);
        var interval = Interval.StudentT([.. DifferencesTo(control, value)], level);
        return interval.Exists ? interval with { Method = "paired " + interval.Method } : interval;
    }

    /// <summary>For each seed the difference of a value to a control's run of that seed.</summary>
    /// <param name="control">Other runs; the seeds that both have are compared.</param>
    /// <param name="value">What is compared.</param>
    /// <exception cref="InputException">They have no seeds in common, or one of them twice.</exception>
    public IReadOnlyList<double> DifferencesTo(SweepResults control, Func<SweepSummary, double> value)
    {
        var seeds = SeedNumbers.Intersect(control.SeedNumbers).ToHashSet();
        var (mine, others) = (Where(run => seeds.Contains(run.Seed)).BySeed(), control.Where(run => seeds.Contains(run.Seed)).BySeed());
        if (seeds.Count == 0 || mine.Length != seeds.Count || others.Length != seeds.Count)
            throw new InputException($"{Name}: {string.Join(", ", Methods)} and {string.Join(", ", control.Methods)}", "have no seeds in common, or one of them twice", "Run the missing ones");
        return [.. mine.Zip(others, (run, other) => value(run) - value(other))];
    }

    /// <summary>Accuracy of a method on a set over seeds and test images, by bootstrap.</summary>
    /// <param name="method">The method.</param>
    /// <param name="set">The set.</param>
    /// <param name="probe">Whether by linear probe, else zero-shot.</param>
    public Interval Accuracy(string method, string set, bool probe = false) => Bootstrap.Accuracy([.. Of(method).Select(run => Outcomes(run, set, probe))]);

    /// <summary>The same for the vote of nearest neighbours among a probe's training pictures.</summary>
    /// <exception cref="InputException">Some run has none: it is older than they are, or the set has no training pictures.</exception>
    public Interval NeighbourAccuracy(string method, string set) => Bootstrap.Accuracy([.. Of(method).Select(run => run.Transfer.Probes.First(result => result.Set == set).Neighbours
        ?? throw new InputException($"{Name}: {method} on {set}", "has no vote of nearest neighbours", "Delete the run's folder and sweep again"))]);

    /// <summary>The difference of two methods' accuracies on a set, paired by seed and by image, by bootstrap.</summary>
    public Interval Gain(string treated, string control, string set, bool probe = false) =>
        Bootstrap.Difference([.. Of(treated).Select(run => Outcomes(run, set, probe))], [.. Of(control).Select(run => Outcomes(run, set, probe))]);

    /// <summary>The sets whose mean is taken: of a set that is tested with all its classes and with those alone that have pictures (<c>dtd</c>, <c>dtd-present</c>) the former, so that no picture counts twice.</summary>
    /// <param name="run">Any of the runs.</param>
    /// <param name="probe">Those of linear probes, else of prompts.</param>
    public static IReadOnlyList<DownstreamResult> Counted(SweepSummary run, bool probe = false)
    {
        var all = probe ? run.Transfer.Probes : run.Transfer.ZeroShot;
        return [.. all.Where(result => !(result.Set.EndsWith(DownstreamSet.Present, StringComparison.Ordinal) && all.Any(other => other.Set + DownstreamSet.Present == result.Set)))];
    }

    /// <summary>The mean accuracy over the counted sets of one run.</summary>
    public static double MeanAccuracy(SweepSummary run, bool probe = false) => Counted(run, probe).Average(result => result.Accuracy);

    /// <summary>The mean accuracy of a method over the counted sets, over seeds and test images, by bootstrap.</summary>
    /// <param name="method">The method.</param>
    /// <param name="probe">Whether by linear probe, else zero-shot.</param>
    public Interval MeanAccuracy(string method, bool probe = false) => Bootstrap.MeanAccuracy(CountedOutcomes(method, probe));

    /// <summary>The difference of two methods' mean accuracies over the counted sets, paired by seed and by image, by bootstrap.</summary>
    public Interval MeanGain(string treated, string control, bool probe = false) => Bootstrap.MeanDifference(CountedOutcomes(treated, probe), CountedOutcomes(control, probe));

    private IReadOnlyList<TestOutcomes>[] CountedOutcomes(string method, bool probe) =>
        [.. Counted(Of(method)[0], probe).Select(set => (IReadOnlyList<TestOutcomes>)[.. Of(method).Select(run => Outcomes(run, set.Set, probe))])];

    private SweepSummary[] BySeed() => [.. Runs.OrderBy(run => run.Seed)];

    private static TestOutcomes Outcomes(SweepSummary run, string set, bool probe) =>
        (probe ? run.Transfer.Probes : run.Transfer.ZeroShot).First(result => result.Set == set).Outcomes;

    private static JsonSerializerOptions Short()
    {
        var options = new JsonSerializerOptions(ResultsJson.Options) { WriteIndented = false };
        options.Converters.Insert(0, new SixDigits());
        return options;
    }
}
