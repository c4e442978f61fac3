using System.Net;
using System.Text;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Reports;

/// <summary>Writes executed notebooks as HTML: one page each, and an index of all. Every page is whole in itself; none asks a network for anything.</summary>
public static class ReportWriter
{
    /// <summary>Writes the pages; returns their paths, the index last.</summary>
    /// <param name="executedNotebooks">Executed notebooks, in the order of the index.</param>
    /// <param name="outputFolder">Where pages go, and where <c>claims.json</c> lies if there is one.</param>
    /// <param name="options">How they are written.</param>
    /// <exception cref="InputException">A notebook cannot be read, a formula in it does not parse (names the cell), or the folder cannot be written.</exception>
    public static IReadOnlyList<string> Write(IReadOnlyList<string> executedNotebooks, string outputFolder, ReportOptions options)
    {
        ArgumentNullException.ThrowIfNull(executedNotebooks);
        ArgumentNullException.ThrowIfNull(options);
        var math = new MathRenderer();
        var written = new List<string>();
        var articles = new List<Article>();
        foreach (var path in executedNotebooks)
        {
            var article = Article.Read(path, math, fixedFigures: options.Static);
            articles.Add(article);
            Put($"{article.Name}.html", Page(article, articles.Count - 1, executedNotebooks, options));
        }

        if (options.OneFile)
        {
            var whole = executedNotebooks.Select((path, i) => Article.Read(path, math, 2, $"{articles[i].Number}-", options.Static)).ToList();
            Put("all.html", Whole(whole, options));
        }

        Put("index.html", IndexPage.Write(articles, outputFolder, math, options));
        return written;

        void Put(string name, string html)
        {
            var path = Path.Combine(outputFolder, name);
            AtomicFile.WriteText(path, html);
            written.Add(path);
        }
    }

    private static string Page(Article article, int index, IReadOnlyList<string> all, ReportOptions options)
    {
        var bar = $"<a class=\"home\" href=\"index.html\">{WebUtility.HtmlEncode(options.Title)}</a> <span class=\"where\">{WebUtility.HtmlEncode(article.Number)}</span>";
        var main = new StringBuilder();
        main.Append($"<article>\n<h1>{article.TitleWithNumber}</h1>\n{Notice(article)}{article.BodyHtml}</article>\n");
        main.Append(Foot(article, 2));
        main.Append("<nav class=\"next\" aria-label=\"Other notebooks\">");
        if (index > 0) main.Append($"<a rel=\"prev\" href=\"{Link(all[index - 1])}\">← {WebUtility.HtmlEncode(Path.GetFileNameWithoutExtension(all[index - 1]))}</a>");
        main.Append("<a href=\"index.html\">All notebooks</a>");
        if (index + 1 < all.Count) main.Append($"<a rel=\"next\" href=\"{Link(all[index + 1])}\">{WebUtility.HtmlEncode(Path.GetFileNameWithoutExtension(all[index + 1]))} →</a>");
        main.Append("</nav>\n");
        return ReportPage.Write($"{article.TitleText} · {options.Title}", bar, TableOfContents.Write(article.Headings), main.ToString(), options);
    }

    private static string Whole(List<Article> articles, ReportOptions options)
    {
        var bar = $"<a class=\"home\" href=\"index.html\">{WebUtility.HtmlEncode(options.Title)}</a> <span class=\"where\">all notebooks</span>";
        var main = new StringBuilder($"<h1>{WebUtility.HtmlEncode(options.Title)}</h1>\n");
        var headings = new List<Heading>();
        foreach (var article in articles)
        {
            var id = $"notebook-{article.Number}";
            headings.Add(new Heading(2, id, article.TitleWithNumber));
            headings.AddRange(article.Headings);
            main.Append($"<article>\n<h2 id=\"{id}\">{article.TitleWithNumber}</h2>\n{Notice(article)}{article.BodyHtml}</article>\n{Foot(article, 3)}");
        }

        return ReportPage.Write(options.Title, bar, TableOfContents.Write(headings), main.ToString(), options);
    }

    private static string Link(string path) => WebUtility.HtmlEncode(Uri.EscapeDataString(Path.GetFileNameWithoutExtension(path))) + ".html";

    private static string Notice(Article article)
    {
        if (article.Failure is not { } failure) return "";
        var where = failure.Anchor is null ? "" : $" <a href=\"#{failure.Anchor}\">Go to the cell</a>";
        return $"<div class=\"error notice\"><p><strong>This run did not reach its end.</strong> {WebUtility.HtmlEncode(failure.Message)}{where}</p></div>\n";
    }

    private static string Foot(Article article, int level)
    {
        var fields = article.Provenance.ToHtml();
        return fields.Length == 0 ? "" : $"<footer class=\"foot\"><h{level}>How this was made</h{level}>{fields}</footer>\n";
    }
}
