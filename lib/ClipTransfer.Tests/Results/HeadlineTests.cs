using System.Globalization;
using System.Text.RegularExpressions;
using ClipTransfer.Notebooks;
using ClipTransfer.Results;

namespace ClipTransfer.Tests.Results;

/// <summary>README's table of findings against the published ledger: <c>| question | value [low, high] unit | the paper | verdict | data | `id` |</c>.</summary>
public partial class HeadlineTests
{
    private sealed record Row(string Value, string Low, string High, string Verdict, string Data, string Id, string Link);

    private static Row[] Rows() =>
        [.. File.ReadLines(Path.Combine(Repository.Find(null).Root, "README.md")).Select(line => Finding().Match(line)).Where(match => match.Success).Select(match => new Row(
            match.Groups["value"].Value, match.Groups["low"].Value, match.Groups["high"].Value, match.Groups["verdict"].Value, match.Groups["data"].Value, match.Groups["id"].Value, match.Groups["link"].Value))];

    private static Claim Claimed(Row row) => ClaimsLedger.Read(Repository.Find(null).Results).Single(claim => claim.Id == row.Id && claim.Data == row.Data && claim.Profile == "default");

    private static string Written(double value, string like)
    {
        var digits = like.Contains('.', StringComparison.Ordinal) ? like.Length - like.IndexOf('.', StringComparison.Ordinal) - 1 : 0;
        return value.ToString($"F{digits}", CultureInfo.InvariantCulture).Replace('-', '−');
    }

    private static string Word(Verdict verdict) => verdict switch { Verdict.Holds => "holds", Verdict.DoesNotHold => "does not hold", _ => "undecided" };

    [Fact]
    public void Every_headline_of_the_README_is_in_the_ledger_with_its_interval_and_verdict()
    {
        var rows = Rows();
        Assert.NotEmpty(rows);
        Assert.All(rows, row =>
        {
            var claim = Claimed(row);
            Assert.Equal(
                (row.Id, row.Value, row.Low, row.High, row.Verdict),
                (claim.Id, (row.Value[0] == '+' ? "+" : "") + Written(claim.Measured!.Value, row.Value.TrimStart('+')), Written(claim.Interval![0], row.Low), Written(claim.Interval[1], row.High), Word(claim.Verdict)));
        });
    }

    [Fact]
    public void Every_headline_links_to_published_results() => Assert.All(Rows(), row => Assert.True(File.Exists(Path.Combine(Repository.Find(null).Root, row.Link)), row.Link));

    [Theory]
    [InlineData("scenes, zero-shot (6 sets)", "scenes-full", false)]
    [InlineData("scenes, linear probe (7 sets)", "scenes-full", true)]
    [InlineData("flickr8k, zero-shot (5 sets)", "flickr8k-full", false)]
    [InlineData("flickr8k, linear probe (4 sets)", "flickr8k-full", true)]
    public void The_levels_of_the_README_are_the_means_of_the_published_runs(string row, string grid, bool probe)
    {
        var cells = File.ReadLines(Path.Combine(Repository.Find(null).Root, "README.md")).Single(line => line.StartsWith($"| {row} |", StringComparison.Ordinal)).Split('|', StringSplitOptions.TrimEntries)[2..7];
        var results = SweepResults.Read(Path.Combine(Repository.Find(null).Results, $"{grid}.json"));
        string[] expected =
        [
            .. new[] { "CLIP", "CLIP+Reg", "CyCLIP", "L2" }.Select(method => Written(results.Of(method).Average(run => 100 * SweepResults.MeanAccuracy(run, probe)), "0.0")),
            Written(100 * TransferStudy.MeanChance(results, probe), "0.0"),
        ];
        Assert.Equal(expected, cells);
        Assert.Contains($"({SweepResults.Counted(results.Runs[0], probe).Count} sets)", row, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^\| [^|]+ \| \*?\*?(?<value>[−+]?[\d.]+)\*?\*? \[(?<low>[−\d.]+), (?<high>[−\d.]+)\][^|]* \| [^|]* \| (?<verdict>[^|]+) \| (?<data>[^|]+) \| \[`(?<id>[\w-]+)`\]\((?<link>[^)]+)\) \|$")]
    private static partial Regex Finding();
}
