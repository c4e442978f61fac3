using System.Text;

namespace ClipTransfer.Notebooks.Reports;

/// <summary>One heading of a report.</summary>
/// <param name="Level">2 to 6; the title of the page alone has 1.</param>
/// <param name="Id">Its anchor.</param>
/// <param name="Html">Its text, formulas included.</param>
internal sealed record Heading(int Level, string Id, string Html);

/// <summary>The list of headings that stands beside an article.</summary>
internal static class TableOfContents
{
    /// <summary>Nested lists of links down to the depth given.</summary>
    internal static string Write(IReadOnlyList<Heading> headings, int deepest = 3)
    {
        var html = new StringBuilder();
        var level = 1;
        foreach (var heading in headings.Where(heading => heading.Level <= deepest))
        {
            if (heading.Level > level)
            {
                for (; level < heading.Level; level++) html.Append(level + 1 < heading.Level ? "<ol><li>" : "<ol>");
            }
            else
            {
                html.Append("</li>");
                for (; level > heading.Level; level--) html.Append("</ol></li>");
            }

            html.Append($"<li><a href=\"#{heading.Id}\">{heading.Html}</a>");
        }

        for (; level > 1; level--) html.Append("</li></ol>");
        return html.ToString();
    }
}
