using System.Globalization;
using ClipTransfer.Data;
using ClipTransfer.Runtime;

namespace ClipTransfer.Results;

/// <summary>What the tables' notebooks show: results of the <c>full</c> grid, and a slice that is measured again where the notebook runs.</summary>
/// <remarks>
/// The grids of the tables are <c>settings/grids/DATA-full.json</c>, <c>DATA-slice.json</c> and <c>DATA-smoke.json</c>, those of the ablations <c>scenes-ablations.json</c>,
/// <c>scenes-ablations-slice.json</c> and <c>scenes-ablations-smoke.json</c>; published results lie in <c>results/</c> under the same names.
/// Profile <c>quick</c> measures the smoke grid, <c>default</c> the slice, <c>full</c> and <c>paper</c> everything; <c>paper</c> takes <c>cc3m-full.json</c>, the paper's size, where
/// the data folder has CC3M.
/// </remarks>
public sealed class TransferStudy
{
    private const string Generated = "scenes";

    private readonly string _full;

    private TransferStudy(string data, string full, SweepResults live, SweepReport report, SweepResults? published, SweepResults? publishedSlice) =>
        (Data, _full, Live, Report, Published, PublishedSlice) = (data, full, live, report, published, publishedSlice);

    /// <summary>The pairs' name: <c>scenes</c>, <c>flickr8k</c> or <c>cc3m</c>.</summary>
    public string Data { get; }

    /// <summary>What was measured here, now or in an earlier run of the same settings and code.</summary>
    public SweepResults Live { get; }

    /// <summary>How many of the live runs were done before, and how many now.</summary>
    public SweepReport Report { get; }

    /// <summary>The published results of the full grid; null where there are none.</summary>
    public SweepResults? Published { get; }

    /// <summary>The published results of the slice; null where there are none, or another grid is live.</summary>
    public SweepResults? PublishedSlice { get; }

    /// <summary>What tables and verdicts are made of: the full grid, published or live; where it is nowhere, what is live.</summary>
    public SweepResults Results => Live.Name == _full ? Live : Published ?? Live;

    /// <summary>The set whose classes captions seldom name, as DTD's textures in the paper's pre-training.</summary>
    public string SeldomNamed => Data == Generated ? "scenes/texture" : "dtd";

    /// <summary>In one line where the numbers come from.</summary>
    public string Origin => string.Create(CultureInfo.InvariantCulture,
        $"Tables: {(ReferenceEquals(Results, Live) ? "measured here" : $"results/{Results.Name}.json")}, {Results.Runs.Count} runs, {Results.SeedNumbers.Count} seeds, {Machine(Results)}. " +
        $"Live: {Live.Name}, {Report.Done} runs done before, {Report.Ran} now.");

    /// <summary>
    /// The largest difference between a live accuracy and the published one of the same run, over all runs and sets; null where no run is in both. Runs on one kind of
    /// processor with one number of threads agree exactly; elsewhere rounding grows over the steps of a training.
    /// </summary>
    public double? LargestDifference
    {
        get
        {
            var known = PublishedSlice?.Runs.ToDictionary(run => run.Key);
            var pairs = Live.Runs.Where(run => known?.ContainsKey(run.Key) == true).ToArray();
            if (pairs.Length == 0) return null;
            return pairs.Max(run => Both(run).Zip(Both(known![run.Key])).Max(pair => Math.Abs(pair.First.Accuracy - pair.Second.Accuracy)));
        }
    }

    /// <summary>For each run that is both live and published the difference of its mean accuracy over sets, here minus published.</summary>
    /// <param name="probe">Whether by linear probe, else zero-shot.</param>
    public IReadOnlyList<double> Differences(bool probe = false) => Differences(run => SweepResults.MeanAccuracy(run, probe));

    /// <summary>For each run that is both live and published the difference of any value of it, here minus published.</summary>
    public IReadOnlyList<double> Differences(Func<SweepSummary, double> value)
    {
        var known = PublishedSlice?.Runs.ToDictionary(run => run.Key);
        return [.. Live.Runs.Where(run => known?.ContainsKey(run.Key) == true).Select(run => value(run) - value(known![run.Key]))];
    }

    /// <summary>Opens what is published and measures the profile's grid of the tables, skipping runs that are done.</summary>
    /// <param name="session">Decides profile, data folder and output folder.</param>
    /// <exception cref="InputException">A grid is missing, a set is damaged, or a run failed: names it.</exception>
    public static TransferStudy Open(NotebookSession session)
    {
        var data = session.Data is { } folder ? Photographs(session.Profile, folder) : Generated;
        return Open(session, data, $"{data}-full", data);
    }

    /// <summary>The same for the ablations. They are about generated scenes whatever data there are: only of these is it known what captions name.</summary>
    /// <inheritdoc cref="Open(NotebookSession)"/>
    public static TransferStudy OpenAblations(NotebookSession session) => Open(session, Generated, $"{Generated}-ablations", $"{Generated}-ablations");

    /// <summary>The same for the joint space, whose grids on scenes are <c>joint-space-full</c> and the like; on photographs the runs of the tables measure it too.</summary>
    /// <inheritdoc cref="Open(NotebookSession)"/>
    public static TransferStudy OpenJointSpace(NotebookSession session) => session.Data is null ? Open(session, Generated, "joint-space-full", "joint-space") : Open(session);

    // The paper's own pairs at its size where they are there; else what a desktop computer trains.
    private static string Photographs(Profile profile, string folder) =>
        profile == Profile.Paper && DatasetCatalog.FolderOf(DatasetCatalog.Find("cc3m"), folder) is not null ? "cc3m" : "flickr8k";

    private static TransferStudy Open(NotebookSession session, string data, string full, string parts)
    {
        var name = session.Profile switch { Profile.Quick => $"{parts}-smoke", Profile.Default => $"{parts}-slice", _ => full };
        var grid = SweepGrid.Read(Find("settings/grids", name) ?? throw new InputException($"settings/grids/{name}.json", "is not there", "Run the notebook inside a clone of the repository"));
        var report = Sweep.Run(grid, session.Output, session.Data, 0, 1, _ => { });
        if (report.Failed.Count > 0) throw new InputException(report.Failed[0].Name, report.Failed[0].Reason, "See its metrics.jsonl");
        var live = SweepResults.Read(Sweep.Merge(grid, [session.Output], session.Output).Path);
        return new TransferStudy(data, full, live, report, Read(full), session.Profile == Profile.Default ? Read(name) : null);
    }

    /// <summary>Rows of a table: one a method, the accuracy on each set in percent and the mean over the counted ones, each with its bootstrap interval.</summary>
    /// <param name="results">The runs.</param>
    /// <param name="probe">Whether by linear probe, else zero-shot.</param>
    public static IEnumerable<IReadOnlyList<object?>> AccuracyRows(SweepResults results, bool probe = false) =>
        results.Methods.Select(method => (IReadOnlyList<object?>)
        [
            method, .. Sets(results, probe).Select(set => Percent(results.Accuracy(method, set, probe))),
            Percent(results.MeanAccuracy(method, probe)),
        ]);

    /// <summary>Those of them whose mean is taken, see <see cref="SweepResults.Counted"/>.</summary>
    public static IReadOnlyList<string> Counted(SweepResults results, bool probe = false) => [.. SweepResults.Counted(results.Runs[0], probe).Select(result => result.Set)];

    /// <summary>The sets of a result, in the grid's order.</summary>
    public static IReadOnlyList<string> Sets(SweepResults results, bool probe = false) =>
        [.. (probe ? results.Runs[0].Transfer.Probes : results.Runs[0].Transfer.ZeroShot).Select(result => result.Set)];

    /// <summary>The mean over the counted sets of 1/K.</summary>
    public static double MeanChance(SweepResults results, bool probe = false) => SweepResults.Counted(results.Runs[0], probe).Average(result => result.Chance);

    /// <summary>A share with its interval, in percent: <c>41.8 [38.8, 44.8]</c>.</summary>
    public static string Percent(Interval share) => share.Exists
        ? string.Create(CultureInfo.InvariantCulture, $"{100 * share.Value:0.0} [{100 * share.Low:0.0}, {100 * share.High:0.0}]")
        : string.Create(CultureInfo.InvariantCulture, $"{100 * share.Value:0.0}");

    private static IEnumerable<DownstreamResult> Both(SweepSummary run) => run.Transfer.ZeroShot.Concat(run.Transfer.Probes);

    private static string Machine(SweepResults results) => string.Join("; ", results.Runs.Select(run => $"{run.Machine.Processor}, {run.Machine.Threads} threads").Distinct());

    private static SweepResults? Read(string name) => Find("results", name) is { } path ? SweepResults.Read(path) : null;

    // A notebook runs in notebooks/, or wherever an engine's working folder is inside the clone.
    private static string? Find(string folder, string name)
    {
        for (var at = Directory.GetCurrentDirectory(); at is not null; at = Path.GetDirectoryName(at))
        {
            var path = Path.Combine(at, folder, name + ".json");
            if (File.Exists(path)) return path;
        }

        return null;
    }
}
