using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>A symbol's XML documentation as plain text.</summary>
internal static partial class DocComment
{
    /// <summary>Summary, parameters, value, exceptions and remarks, each as paragraphs; nothing where none is written.</summary>
    public static IEnumerable<string> Lines(ISymbol symbol)
    {
        var xml = symbol.GetDocumentationCommentXml();
        if (string.IsNullOrWhiteSpace(xml)) yield break;
        XElement comment;
        try
        {
            comment = XElement.Parse($"<doc>{xml}</doc>", LoadOptions.PreserveWhitespace);
        }
        catch (XmlException)
        {
            yield break; // somebody's comment is no XML
        }

        if (comment.Descendants("summary").FirstOrDefault() is { } summary)
        {
            yield return "";
            yield return Text(summary);
        }

        foreach (var parameter in comment.Descendants("param")) yield return $"  {parameter.Attribute("name")?.Value}: {Text(parameter)}";
        if (comment.Descendants("returns").FirstOrDefault() is { } value) yield return $"Returns: {Text(value)}";
        foreach (var error in comment.Descendants("exception")) yield return $"Throws {Name(error)}: {Text(error)}";
        if (comment.Descendants("remarks").FirstOrDefault() is { } remarks)
        {
            yield return "";
            yield return Text(remarks);
        }
    }

    private static string Text(XElement element) => Blank().Replace(string.Concat(element.Nodes().Select(Inline)), " ").Trim();

    private static string Inline(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { IsEmpty: true } reference => Name(reference),
        XElement { Name.LocalName: "c" or "code" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "para" or "item" } part => $" {Text(part)} ",
        XElement other => Text(other),
        _ => "",
    };

    /// <summary><c>M:ClipTransfer.Theory.Margins.Of(System.Double)</c> is called <c>Margins.Of</c> by people.</summary>
    private static string Name(XElement reference)
    {
        var cited = reference.Attribute("cref")?.Value ?? reference.Attribute("name")?.Value ?? reference.Attribute("langword")?.Value ?? "";
        if (!cited.Contains(':', StringComparison.Ordinal)) return cited;
        var parts = cited[2..].Split('(')[0].Split('.');
        var name = cited[0] is 'T' or 'N' ? parts[^1] : string.Join('.', parts.TakeLast(2));
        return Arity().Replace(name, "");
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blank();

    [GeneratedRegex("`[0-9]+")]
    private static partial Regex Arity();
}
