using ClipTransfer.Results;
using ClipTransfer.Runtime;

namespace ClipTransfer.Tests.Results;

public class NotebookSessionTests
{
    [Theory]
    [InlineData("quick", 1)]
    [InlineData("default", 2)]
    [InlineData("full", 3)]
    [InlineData("PAPER", 3)]
    public void A_size_left_out_is_that_of_the_profile_below(string profile, int expected)
    {
        using var folder = new TemporaryFolder();
        var session = NotebookSession.Open("01", profile, 0, "", folder.Path);
        Assert.Equal(expected, session.Pick(1, 2, full: 3));
    }

    [Theory]
    [InlineData("fast")]
    [InlineData("0")]
    [InlineData("quick,full")]
    public void An_unknown_profile_is_refused_with_the_choices(string profile)
    {
        var error = Assert.Throws<InputException>(() => NotebookSession.Open("01", profile, 0, "", "out"));
        Assert.Contains("quick, default, full or paper", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_data_folder_that_is_not_there_is_named()
    {
        var error = Assert.Throws<InputException>(() => NotebookSession.Open("01", "quick", 0, "no/such/folder", "out"));
        Assert.Contains("no/such/folder", error.Message.Replace('\\', '/'), StringComparison.Ordinal);
    }

    [Fact]
    public void A_recorded_verdict_stands_in_the_ledger_with_its_settings()
    {
        using var folder = new TemporaryFolder();
        var session = NotebookSession.Open("01", "quick", 5, "", folder.Path);
        session.Record("x", "a statement", "ours", "D", Verdict.Holds, Interval.StudentT([1.0, 2.0]), "nats", seeds: session.SeedRange(2), settings: new { tau = 0.5 });
        var claim = Assert.Single(ClaimsLedger.Read(folder.Path));
        Assert.Equal([5, 6], claim.Seeds);
        Assert.Equal(1.5, claim.Measured);
        Assert.Equal("quick", claim.Profile);
        Assert.Equal(0.5, claim.Settings["tau"].GetDouble());
    }
}
