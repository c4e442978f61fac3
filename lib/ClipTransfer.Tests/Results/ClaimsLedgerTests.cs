using System.Text.Json;
using ClipTransfer.Results;
using ClipTransfer.Runtime;

namespace ClipTransfer.Tests.Results;

public class ClaimsLedgerTests
{
    private static Claim Sample(string id, double measured = 1, string profile = "quick", string data = "Scenes") => new(
        id, "01", "<b>a claim</b>", "Theorem 4.2", "S", Verdict.DoesNotHold, ClaimKind.Evidence, measured, "nats", [0.5, 1.5], "Student t, 5 seeds", 5,
        [0, 1, 2, 3, 4], data, profile, new Dictionary<string, JsonElement> { ["tau"] = JsonSerializer.SerializeToElement(0.07) });

    [Fact]
    public void One_entry_is_kept_per_id_profile_and_data()
    {
        using var folder = new TemporaryFolder();
        ClaimsLedger.Merge(folder.Path, Sample("a"), Sample("a", profile: "full"), Sample("a", data: "Flickr8k"));
        ClaimsLedger.Merge(folder.Path, Sample("a", measured: 2));
        var read = ClaimsLedger.Read(folder.Path);
        Assert.Equal(3, read.Count);
        Assert.Equal(2, read.Single(c => c is { Profile: "quick", Data: "Scenes" }).Measured);
    }

    [Fact]
    public void The_file_has_the_documented_names_and_words()
    {
        using var folder = new TemporaryFolder();
        ClaimsLedger.Merge(folder.Path, Sample("a") with { Interval = null, Reason = "1 seed" });
        using var json = JsonDocument.Parse(File.ReadAllText(folder.File("claims.json")));
        var entry = json.RootElement[0];
        string[] names = ["id", "notebook", "statement", "source", "mark", "verdict", "measured", "interval", "n", "seeds", "data", "profile", "settings", "reason"];
        Assert.Empty(names.Except(entry.EnumerateObject().Select(p => p.Name)));
        Assert.Equal("does not hold", entry.GetProperty("verdict").GetString());
        Assert.Equal(JsonValueKind.Null, entry.GetProperty("interval").ValueKind);
        Assert.Equal(0.07, entry.GetProperty("settings").GetProperty("tau").GetDouble());
    }

    [Fact]
    public void Writers_at_the_same_time_lose_nothing()
    {
        using var folder = new TemporaryFolder();
        Parallel.For(0, 24, new ParallelOptions { MaxDegreeOfParallelism = 8 }, k => ClaimsLedger.Merge(folder.Path, Sample($"c{k:00}")));
        Assert.Equal(24, ClaimsLedger.Read(folder.Path).Count);
        Assert.Equal(["claims.json"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void A_file_that_is_no_ledger_is_named_with_its_line()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("claims.json"), "[\n{ broken");
        var error = Assert.Throws<InputException>(() => ClaimsLedger.Merge(folder.Path, Sample("a")));
        Assert.Contains("line 2", error.Message, StringComparison.Ordinal);
    }
}
