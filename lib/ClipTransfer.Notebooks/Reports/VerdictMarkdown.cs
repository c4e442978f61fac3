using System.Globalization;
using System.Text;
using ClipTransfer.Plots;
using ClipTransfer.Results;

namespace ClipTransfer.Notebooks.Reports;

/// <summary>The published ledger as a page that reads without running anything: every claim of the paper, its tests, and what each measured.</summary>
internal static class VerdictMarkdown
{
    /// <summary>The page's name in <c>results/</c>.</summary>
    public const string FileName = "verdicts.md";

    /// <summary>Writes the page.</summary>
    /// <param name="report">The published ledger against the paper.</param>
    /// <param name="notebook">The file of a notebook by its number, seen from the page; null where there is none.</param>
    public static string Of(VerdictReport report, Func<string, string?> notebook)
    {
        var text = new StringBuilder("# Verdicts\n\n");
        text.Append("Every claim of the paper that we know of, every question of its reviewers, and what the notebooks measured of it. Made by `publish` from [claims.json](claims.json); notebook 12 shows the same with settings and seeds.\n\n");
        text.Append("Marks: **[S]** sourced, **[R]** recalled, **[R+]** recalled and in agreement with every sourced number, **[D]** derived here, **[?]** unknown, so our choice or question. *Undecided*: the interval allows both. ");
        text.Append("Evidence decides; tests of our code and tautologies count only where there is no evidence.\n");
        foreach (var part in report.Parts)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {part}\n\n| claim | outcome | tests |\n|---|---|---|\n");
            foreach (var entry in report.Part(part))
            {
                var weak = entry.Tests.Count > 0 && !entry.HasEvidence ? ", no evidence" : "";
                text.Append(CultureInfo.InvariantCulture, $"| {Cell(entry.Claim.Statement)} *{Cell(entry.Claim.Item)}* [{entry.Claim.Mark}] | **{VerdictTable.Words(entry.Outcome)}**{weak} | ");
                text.Append(entry.Tests.Count > 0 ? string.Join("<br>", entry.Tests.Select(test => Test(test.Claim))) : "none");
                text.Append(CultureInfo.InvariantCulture, $"{(entry.Claim.Why is { } why ? $"<br>*{Cell(why)}*" : "")} |\n");
            }
        }

        return text.ToString();

        string Test(Claim claim)
        {
            var id = notebook(claim.Notebook) is { } file ? $"[`{claim.Id}`]({file})" : $"`{claim.Id}`";
            return $"{VerdictCard.Words(claim)}: {Cell(VerdictCard.MeasuredText(claim))}; {Cell(claim.Data)}, {claim.Profile} ({id})";
        }
    }

    // A bar ends a cell, and a line break ends the row.
    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ").Replace("<", "&lt;", StringComparison.Ordinal);
}
