using System.Globalization;
using System.Net;
using System.Text;
using ClipTransfer.Plots;
using ClipTransfer.Results;

namespace ClipTransfer.Notebooks.Reports;

/// <summary>The collection on one page: what each notebook says, how its run ended, and every verdict of the ledger.</summary>
internal static class IndexPage
{
    internal static string Write(IReadOnlyList<Article> articles, string folder, MathRenderer math, ReportOptions options)
    {
        var claims = ClaimsLedger.Read(folder);
        var main = new StringBuilder($"<h1>{Text(options.Title)}</h1>\n<p class=\"lead\">Notebooks that reproduce “Understanding Transferable Representation Learning and Zero-shot Transfer in CLIP”, and what they found.</p>\n");
        main.Append(Summary(articles, claims));
        main.Append("<h2 id=\"notebooks\">Notebooks</h2>\n<ol class=\"cards\">\n");
        foreach (var article in articles) main.Append(Card(article, claims));
        main.Append("</ol>\n");
        if (options.OneFile) main.Append("<p class=\"summary\"><a href=\"all.html\">All notebooks on one page</a></p>\n");
        if (claims.Count > 0) main.Append(Verdicts(claims, articles, math));
        Heading[] headings = claims.Count > 0 ? [new(2, "notebooks", "Notebooks"), new(2, "verdicts", "Verdicts")] : [];
        return ReportPage.Write(options.Title, $"<span class=\"home\">{Text(options.Title)}</span>", TableOfContents.Write(headings), main.ToString(), options);
    }

    private static string Summary(IReadOnlyList<Article> articles, IReadOnlyList<Claim> claims)
    {
        var good = articles.Count(article => article.Failure is null);
        var time = articles.Sum(article => article.Provenance.Seconds ?? 0);
        var text = new StringBuilder(Count(good, articles.Count, "notebook"));
        if (time > 0) text.Append(CultureInfo.InvariantCulture, $" in {Provenance.Duration(time)}");
        var profiles = articles.Select(article => article.Provenance.Profile).Where(profile => profile.Length > 0).Distinct().ToArray();
        if (profiles.Length > 0) text.Append(CultureInfo.InvariantCulture, $" (profile {string.Join(", ", profiles)})");
        text.Append('.');
        if (claims.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" {claims.Count} {(claims.Count == 1 ? "claim" : "claims")} in the ledger: {string.Join(", ", claims.GroupBy(claim => claim.Verdict).OrderBy(group => group.Key).Select(group => Phrase(group.Key, group.Count())))}.");
        }

        return $"<p class=\"summary\">{Text(text.ToString())}</p>\n";
    }

    private static string Count(int good, int all, string thing) => good == all
        ? string.Create(CultureInfo.InvariantCulture, $"{all} {thing}{(all == 1 ? "" : "s")} ran to the end")
        : string.Create(CultureInfo.InvariantCulture, $"{good} of {all} {thing}s ran to the end");

    private static string Card(Article article, IReadOnlyList<Claim> claims)
    {
        var state = article.Failure is null ? "<span class=\"badge good\">ran</span>" : "<span class=\"badge bad\">failed</span>";
        var time = article.Provenance.Seconds is { } seconds ? $" <span class=\"time\">{Provenance.Duration(seconds)}</span>" : "";
        var mine = claims.Where(claim => claim.Notebook == article.Number).ToList();
        var counts = mine.Count == 0 ? "" : $" <span class=\"time\">{string.Join(", ", mine.GroupBy(claim => claim.Verdict).OrderBy(group => group.Key).Select(group => Phrase(group.Key, group.Count())))}</span>";
        var failure = article.Failure is null ? "" : $"<p class=\"error\">{Text(article.Failure.Message)}</p>";
        var lead = article.LeadHtml.Length == 0 ? "" : $"<p>{article.LeadHtml}</p>";
        return $"<li><h3><a href=\"{Text(Uri.EscapeDataString(article.Name))}.html\">{article.TitleWithNumber}</a></h3>{lead}{failure}<p class=\"state\">{state}{time}{counts}</p></li>\n";
    }

    private static string Verdicts(IReadOnlyList<Claim> claims, IReadOnlyList<Article> articles, MathRenderer math)
    {
        var html = new StringBuilder("<h2 id=\"verdicts\">Verdicts</h2>\n<p>Each claim with the place it comes from, how sure we are that the paper says so, and what was measured. “Test of our code” and “tautology” are not evidence.</p>\n");
        html.Append("<div class=\"ct-scroll\" role=\"group\" tabindex=\"0\" aria-label=\"Verdicts\"><table class=\"verdicts\"><thead><tr><th scope=\"col\">Claim</th><th scope=\"col\">Verdict</th><th scope=\"col\">Measured</th><th scope=\"col\">Data</th><th scope=\"col\">Notebook</th></tr></thead><tbody>\n");
        foreach (var claim in claims.OrderBy(claim => claim.Notebook, StringComparer.Ordinal).ThenBy(claim => claim.Id, StringComparer.Ordinal))
        {
            var article = articles.FirstOrDefault(article => article.Number == claim.Notebook);
            // A verdict's card in the notebook carries this anchor.
            var card = $"claim-{Markup.FileName(claim.Id)}";
            var anchor = article?.BodyHtml.Contains($"id=\"{card}\"", StringComparison.Ordinal) == true ? $"#{card}" : "";
            var link = article is null ? Text(claim.Notebook) : $"<a href=\"{Text(Uri.EscapeDataString(article.Name))}.html{anchor}\" aria-label=\"Notebook {Text(claim.Notebook)}: {Text(claim.Id)}\">{Text(claim.Notebook)}</a>";
            var statement = new Prose(math, new Anchors(""), 1, ".").RenderLine(claim.Statement, $"claims.json {claim.Id}");
            var kind = claim.Kind switch { ClaimKind.CodeTest => "test of our code", ClaimKind.Tautology => "tautology", _ => "" };
            html.Append($"<tr><td>{statement}<span class=\"small\">{Text(claim.Source)} · mark {Text(claim.Mark)}{(kind.Length > 0 ? $" · {kind}" : "")}</span></td>");
            html.Append($"<td><span class=\"badge {(claim.Verdict switch { Verdict.Holds => "good", Verdict.DoesNotHold => "bad", _ => "open" })}\">{VerdictCard.Words(claim)}</span></td>");
            html.Append($"<td>{Measured(claim)}</td><td>{Text(claim.Data)}<span class=\"small\">{Text(claim.Profile)}</span></td><td>{link}</td></tr>\n");
        }

        return html.Append("</tbody></table></div>\n").ToString();
    }

    private static string Measured(Claim claim)
    {
        if (claim.Measured is not { } value) return $"<span class=\"small\">{Text(claim.Reason)}</span>";
        var unit = string.IsNullOrEmpty(claim.Unit) ? "" : $" {Text(claim.Unit)}";
        var seeds = claim.Seeds.Count switch { 0 => "", 1 => "1 seed", var count => string.Create(CultureInfo.InvariantCulture, $"{count} seeds") };
        var interval = claim.Interval is [var low, var high]
            ? $"95 % interval {Markup.Short(low)} to {Markup.Short(high)}, n = {claim.N.ToString("#,0", CultureInfo.InvariantCulture)}"
            : $"no interval{(string.IsNullOrEmpty(claim.Reason) ? "" : $": {Text(claim.Reason)}")}";
        return $"<span class=\"figure-number\">{Markup.Short(value)}</span>{unit}<span class=\"small\">{interval}{(seeds.Length > 0 && claim.Interval is not null ? $", {seeds}" : "")}</span>";
    }

    private static string Phrase(Verdict verdict, int count) => string.Create(CultureInfo.InvariantCulture, $"{count} {verdict switch
    {
        Verdict.Holds => count == 1 ? "holds" : "hold",
        Verdict.DoesNotHold => count == 1 ? "does not hold" : "do not hold",
        _ => count == 1 ? "is undecided" : "are undecided",
    }}");

    private static string Text(string? text) => WebUtility.HtmlEncode(text ?? "");
}
