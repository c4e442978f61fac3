using ClipTransfer.Notebooks.Documents;

namespace ClipTransfer.Notebooks.Reports;

/// <summary>One executed notebook as a piece of a page.</summary>
/// <param name="Name">The file's name without its ending.</param>
/// <param name="TitleHtml">Its title.</param>
/// <param name="TitleText">Its title as plain text.</param>
/// <param name="LeadHtml">Its first paragraph.</param>
/// <param name="BodyHtml">Everything below the title.</param>
/// <param name="Headings">Its headings, for the table of contents.</param>
/// <param name="Provenance">What ran, how, and when.</param>
/// <param name="Failure">Where and why it failed; null if it did not.</param>
internal sealed record Article(
    string Name, string TitleHtml, string TitleText, string LeadHtml, string BodyHtml, IReadOnlyList<Heading> Headings, Provenance Provenance, Failure? Failure)
{
    /// <summary>The notebook's number, <c>01</c>, or its name.</summary>
    internal string Number => Name.Length > 2 && char.IsAsciiDigit(Name[0]) && char.IsAsciiDigit(Name[1]) ? Name[..2] : Name;

    /// <summary>The title with the notebook's number before it.</summary>
    internal string TitleWithNumber => Number == Name ? TitleHtml : $"<span class=\"number\">{Number}</span> {TitleHtml}";

    /// <summary>The notebook of this file.</summary>
    internal static Article Read(string path, MathRenderer math, int top = 1, string anchors = "", bool fixedFigures = false) =>
        new ArticleBuilder(NotebookReader.Read(path), path, math, top, anchors, fixedFigures).Build();
}

/// <summary>What ended a notebook before its end.</summary>
/// <param name="Message">One line.</param>
/// <param name="Anchor">The cell; null if it is none.</param>
internal sealed record Failure(string Message, string? Anchor);
