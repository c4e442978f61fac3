using System.Text.Json;
using ClipTransfer.Runtime;

namespace ClipTransfer.Results;

/// <summary>The size at which a notebook runs: the same cells, other sizes.</summary>
public enum Profile
{
    /// <summary>A smoke test.</summary>
    Quick,

    /// <summary>A laptop's coffee break.</summary>
    Default,

    /// <summary>Everything measured anew, hours on 2 cores.</summary>
    Full,

    /// <summary>The paper's size: real data and a GPU.</summary>
    Paper,
}

/// <summary>The notebook that runs: its number, profile, seed, data folder and output folder, and its way into the ledger.</summary>
public sealed class NotebookSession
{
    private NotebookSession(string notebook, Profile profile, long seed, string? data, string output, RuntimeDescription runtime)
    {
        Notebook = notebook;
        Profile = profile;
        Seed = seed;
        Data = data;
        Output = output;
        Runtime = runtime;
    }

    /// <summary>The notebook's number, for example <c>01</c>.</summary>
    public string Notebook { get; }

    /// <summary>The size at which it runs.</summary>
    public Profile Profile { get; }

    /// <summary>The seed that all others derive from.</summary>
    public long Seed { get; }

    /// <summary>The folder with real data sets; null where only generated data are used.</summary>
    public string? Data { get; }

    /// <summary>Where the ledger, runs and results go.</summary>
    public string Output { get; }

    /// <summary>Device, threads and versions.</summary>
    public RuntimeDescription Runtime { get; }

    /// <summary>Checks the parameters, makes TorchSharp ready and fixes the seed.</summary>
    /// <param name="notebook">The notebook's number.</param>
    /// <param name="profile"><c>quick</c>, <c>default</c>, <c>full</c> or <c>paper</c>.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="data">The folder with real data sets, or empty.</param>
    /// <param name="output">The output folder; made when first written to.</param>
    /// <param name="threads">CPU threads; 0 leaves libtorch's choice.</param>
    /// <exception cref="InputException">An unknown profile, or a data folder that is not there.</exception>
    public static NotebookSession Open(string notebook, string profile, long seed, string data, string output, int threads = 0)
    {
        if (!Enum.GetNames<Profile>().Contains(profile, StringComparer.OrdinalIgnoreCase))
            throw new InputException("profile", $"'{profile}' is not a profile", "Use quick, default, full or paper");
        if (data.Length > 0 && !Directory.Exists(data))
            throw new InputException(Path.GetFullPath(data), "the data folder is not there", "Name the folder that holds the data sets, or leave data empty for generated scenes");
        var size = Enum.Parse<Profile>(profile, ignoreCase: true);
        var runtime = TorchRuntime.Initialize(threads: threads);
        Seeds.Fix(seed);
        return new NotebookSession(notebook, size, seed, data.Length > 0 ? Path.GetFullPath(data) : null, Path.GetFullPath(output), runtime);
    }

    /// <summary>Chooses a value by profile; what is left out is as in the profile below it.</summary>
    public T Pick<T>(T quick, T standard, T? full = null, T? paper = null)
        where T : struct => Profile switch
        {
            Profile.Quick => quick,
            Profile.Default => standard,
            Profile.Full => full ?? standard,
            _ => paper ?? full ?? standard,
        };

    /// <summary>The first <paramref name="count"/> seeds of this run: seed, seed + 1, …</summary>
    public IReadOnlyList<long> SeedRange(int count) => [.. Enumerable.Range(0, count).Select(k => Seed + k)];

    /// <summary>Writes a verdict to the ledger and returns it for display.</summary>
    /// <param name="id">Stable name of the claim.</param>
    /// <param name="statement">The claim in one sentence.</param>
    /// <param name="source">Where it stands: <c>Theorem 4.2</c>, <c>ours</c>.</param>
    /// <param name="mark">The mark of certainty: S, R, R+, D or ?.</param>
    /// <param name="verdict">What the measurement says.</param>
    /// <param name="measured">The value with its interval.</param>
    /// <param name="unit">The value's unit or what it counts.</param>
    /// <param name="kind">What the measurement is worth.</param>
    /// <param name="seeds">Seeds used; null where nothing is random.</param>
    /// <param name="dataName">The data's name.</param>
    /// <param name="settings">A record or anonymous object with the settings that gave the value.</param>
    public Claim Record(
        string id, string statement, string source, string mark, Verdict verdict, Interval measured, string? unit = null,
        ClaimKind kind = ClaimKind.Evidence, IReadOnlyList<long>? seeds = null, string dataName = "theory", object? settings = null)
    {
        var claim = new Claim(
            id, Notebook, statement, source, mark, verdict, kind,
            double.IsFinite(measured.Value) ? measured.Value : null, unit,
            measured.Exists ? [measured.Low, measured.High] : null, measured.Method, measured.N,
            seeds ?? [], dataName, ProfileName, SettingsOf(settings));
        ClaimsLedger.Merge(Output, claim);
        return claim;
    }

    /// <summary>The profile as the command line spells it.</summary>
    public string ProfileName => Profile.ToString().ToLowerInvariant();

    private static Dictionary<string, JsonElement> SettingsOf(object? settings)
    {
        var node = JsonSerializer.SerializeToElement(settings ?? new { }, ResultsJson.Options);
        return node.EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
    }
}
