using System.Text;
using ClipTransfer.Results;

namespace ClipTransfer.Plots;

/// <summary>A notebook's verdict on a claim: the word, the value with its interval, and what the measurement is worth.</summary>
[TypeFormatterSource(typeof(HtmlFormatterSource))]
public sealed class VerdictCard : IHtml
{
    private VerdictCard(IReadOnlyList<Claim> claims) => Claims = claims;

    /// <summary>The claims shown, in order.</summary>
    public IReadOnlyList<Claim> Claims { get; }

    /// <summary>Shows claims as they stand in the ledger.</summary>
    public static VerdictCard Of(params IReadOnlyList<Claim> claims) => new(claims);

    /// <inheritdoc/>
    public string ToHtml()
    {
        var html = new StringBuilder(PageAssets.Style());
        foreach (var claim in Claims)
        {
            html.Append($"<div class=\"ct-verdict ct-verdict-{Class(claim.Verdict)}\" id=\"claim-{Markup.FileName(claim.Id)}\">");
            html.Append($"<div class=\"ct-verdict-head\"><strong class=\"ct-badge\">{Sign(claim.Verdict)} {Markup.Text(Words(claim))}</strong> ");
            html.Append($"<span>{Markup.Text(claim.Source)} <abbr title=\"{Markup.Text(Meaning(claim.Mark))}\">[{Markup.Text(claim.Mark)}]</abbr></span> ");
            html.Append($"<span class=\"ct-kind\">{Markup.Text(Words(claim.Kind))}</span></div>");
            html.Append($"<div>{Markup.Text(claim.Statement)}</div>");
            html.Append($"<div class=\"ct-note\">{Markup.Text(MeasuredText(claim))} · {Markup.Text(claim.Data)}, profile {Markup.Text(claim.Profile)} · <code>{Markup.Text(claim.Id)}</code></div></div>");
        }

        return html.ToString();
    }

    /// <summary>One line a claim.</summary>
    public override string ToString() => string.Join('\n', Claims.Select(c => $"{c.Id}: {Words(c)}. {c.Statement} {MeasuredText(c)}"));

    /// <summary>A claim's verdict as people read it: where something was measured that decides nothing, <c>undecided</c>.</summary>
    public static string Words(Claim claim) => claim is { Verdict: Verdict.NotTestableHere, Measured: not null } ? "undecided" : Words(claim.Verdict);

    /// <summary>The verdict as the ledger has it.</summary>
    public static string Words(Verdict verdict) => verdict switch
    {
        Verdict.Holds => "holds",
        Verdict.DoesNotHold => "does not hold",
        _ => "not testable here",
    };

    /// <summary>What the measurement is worth, as people read it.</summary>
    public static string Words(ClaimKind kind) => kind switch
    {
        ClaimKind.Evidence => "evidence",
        ClaimKind.CodeTest => "test of our code",
        _ => "tautology",
    };

    /// <summary>The value with its unit and its interval, or the reason why there is none.</summary>
    public static string MeasuredText(Claim claim)
    {
        if (claim.Measured is not { } measured) return claim.Reason ?? "not measured";
        var unit = claim.Unit is { Length: > 0 } ? $" {claim.Unit}" : "";
        var interval = claim.Interval is [var low, var high] ? $", 95 % interval {Markup.Short(low)} to {Markup.Short(high)}" : "";
        return $"Measured {Markup.Short(measured)}{unit}{interval}{(claim.Reason is null ? "" : $" ({claim.Reason})")}";
    }

    private static string Class(Verdict verdict) => Words(verdict).Replace(' ', '-');

    /// <summary>A sign beside the colour: the verdict must be readable in grayscale.</summary>
    internal static string Sign(Verdict verdict) => verdict switch
    {
        Verdict.Holds => "\u2713",
        Verdict.DoesNotHold => "\u2717",
        _ => "\u2013",
    };

    /// <summary>A mark of certainty in words.</summary>
    internal static string Meaning(string mark) => mark switch
    {
        "S" => "sourced",
        "R" => "recalled from memory",
        "R+" => "recalled, and in agreement with every sourced number",
        "D" => "derived here",
        _ => "unknown: our choice",
    };
}
