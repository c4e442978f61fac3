using System.Globalization;
using System.Text;
using System.Text.Json;
using ClipTransfer.Results;

namespace ClipTransfer.Plots;

/// <summary>Claims with everything that the ledger says of them: one group of rows a claim, one row a test, each with a link to the verdict's own cell in the reports.</summary>
/// <remarks>
/// The links lead to the pages that <c>run</c> and <c>report</c> write beside each other (<c>08-zero-shot.html#claim-08-reg-mean-gain</c>); in a notebook editor there are no
/// such pages.
/// </remarks>
[TypeFormatterSource(typeof(HtmlFormatterSource))]
public sealed class VerdictTable : IHtml
{
    private static readonly string[] _columns = ["test", "measured", "verdict"];

    private readonly IReadOnlyList<VerdictEntry> _entries;
    private readonly Func<string, string?> _page;

    private VerdictTable(string title, IReadOnlyList<VerdictEntry> entries, Func<string, string?> page) => (Title, _entries, _page) = (title, entries, page);

    /// <summary>The title.</summary>
    public string Title { get; }

    /// <summary>Shows claims.</summary>
    /// <param name="title">The title.</param>
    /// <param name="entries">The claims with their tests.</param>
    /// <param name="page">For a notebook's number the name of its page without ending; null where there is none.</param>
    public static VerdictTable Of(string title, IReadOnlyList<VerdictEntry> entries, Func<string, string?> page) => new(title, entries, page);

    /// <summary>What the tests say together, as people read it.</summary>
    public static string Words(Outcome outcome) => outcome switch
    {
        Outcome.Holds => "holds",
        Outcome.Mixed => "mixed",
        Outcome.DoesNotHold => "does not hold",
        Outcome.NotDecided => "undecided",
        _ => "no verdict",
    };

    /// <summary>The table as comma-separated text, numbers in full.</summary>
    public string Csv => Data.ToString();

    private CsvTable Data
    {
        get
        {
            var table = new CsvTable("claim", "item", "mark", "outcome", "id", "statement", "kind", "measured", "low", "high", "n", "unit", "data", "profile", "seeds", "verdict", "here");
            foreach (var entry in _entries)
            {
                if (entry.Tests.Count == 0) table.Add([entry.Claim.Statement, entry.Claim.Item, entry.Claim.Mark, Words(entry.Outcome), .. Enumerable.Repeat<object?>(null, 13)]);
                foreach (var (claim, _, here) in entry.Tests)
                {
                    table.Add(
                        entry.Claim.Statement, entry.Claim.Item, entry.Claim.Mark, Words(entry.Outcome), claim.Id, claim.Statement, VerdictCard.Words(claim.Kind), claim.Measured, claim.Interval?[0], claim.Interval?[1],
                        claim.N, claim.Unit, claim.Data, claim.Profile, string.Join(' ', claim.Seeds), VerdictCard.Words(claim), here is null ? null : VerdictCard.Words(here));
                }
            }

            return table;
        }
    }

    /// <inheritdoc/>
    public string ToHtml()
    {
        var html = new StringBuilder(PageAssets.Style());
        html.Append(CultureInfo.InvariantCulture, $"<figure class=\"ct-table ct-verdicts\"><div class=\"ct-title\">{Markup.Text(Title)}</div>");
        html.Append(CultureInfo.InvariantCulture, $"<div class=\"ct-scroll\" role=\"group\" tabindex=\"0\" aria-label=\"{Markup.Text(Title)}\"><table><thead><tr>");
        foreach (var column in _columns) html.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\">{column}</th>");
        html.Append("</tr></thead>");
        foreach (var entry in _entries) Append(html, entry);
        html.Append(CultureInfo.InvariantCulture, $"</table></div><figcaption>Evidence decides; tests of our code and tautologies count only where there is no evidence. <em>here</em>: the verdict of this run. <a class=\"ct-csv\" download=\"{Markup.FileName(Title)}.csv\" href=\"{Markup.Text(Data.ToDataUri())}\">Data (CSV)</a></figcaption></figure>");
        return html.ToString();
    }

    /// <summary>One line a claim.</summary>
    public override string ToString() => string.Join('\n', _entries.Select(entry => $"{entry.Claim.Item}: {Words(entry.Outcome)}. {entry.Claim.Statement}"));

    private void Append(StringBuilder html, VerdictEntry entry)
    {
        var (claim, outcome) = (entry.Claim, entry.Outcome);
        var weak = entry.Tests.Count > 0 && !entry.HasEvidence ? ", no evidence" : "";
        html.Append(CultureInfo.InvariantCulture, $"<tbody><tr><th scope=\"rowgroup\" colspan=\"{_columns.Length}\"><strong class=\"ct-badge\">{Sign(outcome)} {Words(outcome)}{weak}</strong> {Markup.Text(claim.Statement)} ");
        html.Append(CultureInfo.InvariantCulture, $"<span class=\"ct-kind\">{Markup.Text(claim.Item)} <abbr title=\"{Markup.Text(VerdictCard.Meaning(claim.Mark))}\">[{Markup.Text(claim.Mark)}]</abbr></span>");
        if (claim.Why is not null) html.Append(CultureInfo.InvariantCulture, $"<div class=\"ct-kind\">{Markup.Text(claim.Why)}</div>");
        html.Append("</th></tr>");
        if (entry.Tests.Count == 0) html.Append(CultureInfo.InvariantCulture, $"<tr><td colspan=\"{_columns.Length}\">No entry of the ledger tests it{(claim.Tests.Count > 0 ? $" yet: {Markup.Text(string.Join(", ", claim.Tests))}" : "")}.</td></tr>");
        foreach (var test in entry.Tests) Append(html, test);
        html.Append("</tbody>");
    }

    private void Append(StringBuilder html, VerdictTest test)
    {
        var claim = test.Claim;
        var id = $"<code>{Markup.Text(claim.Id)}</code>";
        if (_page(claim.Notebook) is { } page) id = $"<a href=\"{Markup.Text(Uri.EscapeDataString(page))}.html#claim-{Markup.FileName(claim.Id)}\">{id}</a>";
        html.Append(CultureInfo.InvariantCulture, $"<tr><td>{Markup.Text(claim.Statement)} <span class=\"ct-note\">{id}</span></td>");
        html.Append(CultureInfo.InvariantCulture, $"<td>{Markup.Text(VerdictCard.MeasuredText(claim))} <span class=\"ct-note\">{Markup.Text(VerdictCard.Words(claim.Kind))}; ");
        html.Append(CultureInfo.InvariantCulture, $"{Markup.Text(claim.Data)}, {Markup.Text(claim.Profile)}, {Seeds(claim.Seeds)}{(test.Published ? "" : ", not published")}</span>{Settings(claim)}</td>");
        html.Append(CultureInfo.InvariantCulture, $"<td class=\"ct-short\">{VerdictCard.Sign(claim.Verdict)} {VerdictCard.Words(claim)}");
        if (test.Here is { } here) html.Append(CultureInfo.InvariantCulture, $"<div class=\"ct-note\">here: {VerdictCard.Sign(here.Verdict)} {VerdictCard.Words(here)}</div>");
        html.Append("</td></tr>");
    }

    private static string Seeds(IReadOnlyList<long> seeds) => seeds switch
    {
        [] => "nothing random",
        [var only] => $"seed {only}",
        [var first, .., var last] when last - first == seeds.Count - 1 => $"seeds {first}–{last}",
        _ => $"seeds {string.Join(", ", seeds)}",
    };

    private static string Settings(Claim claim) => claim.Settings.Count == 0
        ? ""
        : $"<details><summary>settings</summary><code>{Markup.Text(string.Join(", ", claim.Settings.SelectMany(setting => Flat(setting.Key, setting.Value))))}</code></details>";

    // Nested settings by their path; what is left at null or empty says nothing.
    private static IEnumerable<string> Flat(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(inner => Flat($"{name}.{inner.Name}", inner.Value)),
        JsonValueKind.Null or JsonValueKind.Undefined => [],
        _ => [$"{name} {value}"],
    };

    // Signs beside words: readable without colour.
    private static string Sign(Outcome outcome) => outcome switch { Outcome.Holds => "\u2713", Outcome.DoesNotHold => "\u2717", Outcome.Mixed => "\u00B1", Outcome.NotDecided => "\u2013", _ => "\u00B7" };
}
