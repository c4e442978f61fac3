using System.Text.Json;
using ClipTransfer.Notebooks;
using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Notebooks.Reports;
using ClipTransfer.Plots;
using ClipTransfer.Results;
using ClipTransfer.Tests.Notebooks;

namespace ClipTransfer.Tests.Results;

public class VerdictReportTests
{
    private static Claim Of(string id, Verdict verdict, ClaimKind kind = ClaimKind.Evidence, string data = "scenes", string profile = "default") => new(
        id, id[..2], $"Statement of {id}.", "Theorem 1", "S", verdict, kind, 0.5, "points", [0.25, 0.75], null, 5, [0, 1], data, profile,
        new Dictionary<string, JsonElement> { ["epochs"] = JsonSerializer.SerializeToElement(8), ["model"] = JsonSerializer.SerializeToElement(new { name = "Tiny", width = (int?)null }) });

    private static Outcome Together(params (Verdict Verdict, ClaimKind Kind)[] tests) =>
        new VerdictEntry(new PaperClaim("p", "i", "s", "S", []), [.. tests.Select((t, i) => new VerdictTest(Of($"0{i}-x", t.Verdict, t.Kind), true, null))]).Outcome;

    [Fact]
    public void Evidence_decides_and_tests_of_our_code_only_where_there_is_none()
    {
        Assert.Equal(Outcome.NoVerdict, Together());
        Assert.Equal(Outcome.Holds, Together((Verdict.Holds, ClaimKind.Evidence), (Verdict.NotTestableHere, ClaimKind.Evidence)));
        Assert.Equal(Outcome.Mixed, Together((Verdict.Holds, ClaimKind.Evidence), (Verdict.DoesNotHold, ClaimKind.Evidence)));
        Assert.Equal(Outcome.DoesNotHold, Together((Verdict.DoesNotHold, ClaimKind.Evidence), (Verdict.Holds, ClaimKind.CodeTest), (Verdict.Holds, ClaimKind.Tautology)));
        Assert.Equal(Outcome.NotDecided, Together((Verdict.NotTestableHere, ClaimKind.Evidence), (Verdict.Holds, ClaimKind.CodeTest)));
        Assert.Equal(Outcome.Holds, Together((Verdict.Holds, ClaimKind.Tautology)));
    }

    [Fact]
    public void Published_entries_come_first_and_this_run_stands_beside_those_of_the_same_data()
    {
        PaperClaim[] claims = [new("A", "T1", "First.", "S", ["01-a", "02-b"]), new("B", "T2", "Second.", "R", ["03-none"]), new("B", "T3", "Third.", "R", [], "hidden constants")];
        Claim[] published = [Of("01-a", Verdict.Holds), Of("01-a", Verdict.DoesNotHold, data: "flickr8k"), Of("04-other", Verdict.Holds, ClaimKind.CodeTest)];
        Claim[] here = [Of("01-a", Verdict.DoesNotHold, profile: "quick"), Of("02-b", Verdict.Holds, profile: "quick"), Of("04-other", Verdict.Holds, profile: "quick")];
        var report = VerdictReport.Of(claims, published, here);

        Assert.Equal(["A", "B"], report.Parts);
        var first = report.Part("A").Single();
        Assert.Equal([("01-a", "flickr8k", true), ("01-a", "scenes", true), ("02-b", "scenes", false)], first.Tests.Select(t => (t.Claim.Id, t.Claim.Data, t.Published)));
        Assert.Equal([null, Verdict.DoesNotHold, Verdict.Holds], first.Tests.Select(t => t.Here?.Verdict));
        Assert.Equal([Outcome.NoVerdict, Outcome.NoVerdict], report.Part("B").Select(entry => entry.Outcome));
        Assert.Equal("04-other", report.Others.Single().Claim.Id);
        Assert.Equal(4, report.Tests.Count);
        Assert.Equal((1, 2), report.Agreement());
    }

    [Fact]
    public void What_was_measured_on_generated_data_says_nothing_of_a_claim_about_photographs()
    {
        PaperClaim claim = new("A", "asked", "On real data.", "S", ["01-a"], Photographs: true);
        Claim[] published = [Of("01-a", Verdict.Holds, data: "Scenes, 64 classes"), Of("01-a", Verdict.Holds, data: "theory"), Of("01-a", Verdict.DoesNotHold, data: "flickr8k")];
        Assert.Equal(Outcome.DoesNotHold, VerdictReport.Of([claim], published, []).Entries.Single().Outcome);
        Assert.Equal(Outcome.NoVerdict, VerdictReport.Of([claim], published[..2], []).Entries.Single().Outcome);
    }

    [Fact]
    public void Agreement_leaves_out_what_was_drawn_from_published_runs()
    {
        var report = VerdictReport.Of([], [Of("01-a", Verdict.Holds), Of("02-b", Verdict.Holds)], [Of("01-a", Verdict.Holds), Of("02-b", Verdict.DoesNotHold)]);
        Assert.Equal(((1, 2), (1, 1)), (report.Agreement(), report.Agreement(claim => claim.Notebook != "02")));
    }

    [Fact]
    public void The_published_page_has_a_row_of_three_cells_for_every_claim()
    {
        PaperClaim[] claims = [new("A", "T1", "First | with a bar.", "S", ["01-a", "02-b"]), new("B", "T2", "Second <b>.", "R", [], "hidden constants")];
        var page = VerdictMarkdown.Of(VerdictReport.Of(claims, [Of("01-a", Verdict.NotTestableHere), Of("02-b", Verdict.Holds)], []), notebook => notebook == "01" ? "../notebooks/01-x.ipynb" : null);
        var rows = page.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| claim", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, rows.Length);
        Assert.All(rows, row => Assert.Equal(5, row.Replace("\\|", "", StringComparison.Ordinal).Split('|').Length));
        Assert.Contains("**holds**", rows[0], StringComparison.Ordinal);
        Assert.Contains("undecided: Measured 0.5 points, 95 % interval 0.25 to 0.75; scenes, default ([`01-a`](../notebooks/01-x.ipynb))", rows[0], StringComparison.Ordinal);
        Assert.Contains("**no verdict** | none<br>*hidden constants*", rows[1], StringComparison.Ordinal);
        Assert.Contains("Second &lt;b>.", rows[1], StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_links_each_verdict_to_its_cell_and_says_what_is_missing()
    {
        PaperClaim[] claims = [new("A", "Theorem 1", "First <b>.", "S", ["01-a"]), new("A", "T2", "Second.", "R", ["03-none"]), new("A", "T3", "Third.", "R", [], "hidden constants")];
        var report = VerdictReport.Of(claims, [Of("01-a", Verdict.DoesNotHold)], [Of("01-a", Verdict.Holds, profile: "quick")]);
        var table = VerdictTable.Of("Part A", report.Part("A"), notebook => notebook == "01" ? "01-shared" : null);
        var html = table.ToHtml();
        Assert.Contains("<a href=\"01-shared.html#claim-01-a\"", html, StringComparison.Ordinal);
        Assert.Contains("id=\"claim-01-a\"", VerdictCard.Of(Of("01-a", Verdict.Holds)).ToHtml(), StringComparison.Ordinal);
        Assert.Contains("First &lt;b&gt;.", html, StringComparison.Ordinal);
        Assert.Contains("No entry of the ledger tests it yet: 03-none.", html, StringComparison.Ordinal);
        Assert.Contains("hidden constants", html, StringComparison.Ordinal);
        Assert.Contains("epochs 8, model.name Tiny<", html, StringComparison.Ordinal);
        Assert.Contains("\u2717 does not hold<div class=\"ct-note\">here: \u2713 holds</div></td>", html, StringComparison.Ordinal);
        Assert.Contains("Measured 0.5 points, 95 % interval 0.25 to 0.75", html, StringComparison.Ordinal);
        var lines = table.Csv.TrimEnd().Split("\r\n");
        Assert.Equal(4, lines.Length);
        Assert.Contains("does not hold,holds", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Every_claim_of_the_paper_names_tests_that_a_notebook_records_or_says_why_there_are_none()
    {
        Assert.NotEmpty(PaperClaims.Values);
        var recorded = CloneFixture.Real.FindNotebooks().SelectMany(file => NotebookReader.Read(file).Cells).Where(cell => cell.Kind == CellKind.Code).Select(cell => cell.Source).ToArray();
        var numbers = CloneFixture.Real.FindNotebooks().Select(Repository.Number).ToHashSet();
        foreach (var claim in PaperClaims.Values)
        {
            Assert.Contains(claim.Mark, new[] { "S", "R", "R+", "D", "?" });
            Assert.True(claim.Tests.Count > 0 || claim.Why is not null, claim.Statement);
            Assert.EndsWith(".", claim.Statement, StringComparison.Ordinal);
            // A test of a notebook that is still to come is listed as one without a verdict.
            foreach (var id in claim.Tests.Where(id => numbers.Contains(id[..2]))) Assert.True(recorded.Any(source => source.Contains($"\"{id}\"", StringComparison.Ordinal)), $"no notebook records {id}");
        }
    }
}
