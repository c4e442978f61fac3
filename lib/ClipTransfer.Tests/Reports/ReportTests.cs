using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Notebooks.Reports;
using ClipTransfer.Results;
using ClipTransfer.Runtime;
using CsCheck;

namespace ClipTransfer.Tests.Reports;

public sealed partial class ReportTests : IClassFixture<ReportTests.Written>
{
    private static readonly string[] _attacks =
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))", "<a href='javascript:1'>x</a>", "![x](http://evil/x.png)", "<javascript:alert(1)>", "[x]: javascript:alert(1)\n[x]", "<svg/onload=alert(1)>", "| a |\n|---|\n| <script>1</script> |", "[a](data:text/html,<script>1</script>)",
    ];

    private readonly Written _written;

    public ReportTests(Written written) => _written = written;

    [Fact]
    public void Plotly_is_in_a_report_exactly_once()
    {
        foreach (var name in new[] { "02-sample.html", "all.html" })
        {
            var packet = Assert.Single(_written.Page(name).QuerySelectorAll("#plotly-packet"));
            using var unpacked = new StreamReader(new GZipStream(new MemoryStream(Convert.FromBase64String(packet.TextContent)), CompressionMode.Decompress));
            Assert.Single(PlotlyHead().Matches(unpacked.ReadToEnd()));
            Assert.Empty(PlotlyHead().Matches(File.ReadAllText(_written.Path(name))));
        }

        Assert.Empty(_written.Page("index.html").QuerySelectorAll("#plotly-packet"));
    }

    [Fact]
    public void Nothing_is_loaded_from_anywhere()
    {
        foreach (var name in new[] { "02-sample.html", "index.html", "all.html", "static/02-sample.html" })
        {
            var page = _written.Page(name);
            foreach (var element in page.All)
            {
                foreach (var attribute in element.Attributes.Where(attribute => attribute.LocalName is "src" or "srcset" or "poster" or "data" || (attribute.LocalName == "href" && element.LocalName is "link" or "use" or "image")))
                {
                    Assert.True(attribute.Value.StartsWith("data:", StringComparison.Ordinal), $"{name}: {element.LocalName} {attribute.LocalName}={attribute.Value}");
                }
            }

            foreach (Match url in CssUrl().Matches(string.Concat(page.QuerySelectorAll("style").Select(style => style.TextContent))))
                Assert.StartsWith("data:", url.Groups[1].Value, StringComparison.Ordinal);
            Assert.DoesNotContain("@import", string.Concat(page.QuerySelectorAll("style").Select(style => style.TextContent)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_policy_lets_only_the_page_s_own_scripts_run()
    {
        var page = _written.Page("02-sample.html");
        var policy = page.QuerySelector("meta[http-equiv=Content-Security-Policy]")!.GetAttribute("content")!;
        Assert.StartsWith("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-eval", policy, StringComparison.Ordinal);
        var scripts = page.QuerySelectorAll("script:not([type])").ToList();
        Assert.Equal(3, scripts.Count);
        foreach (var script in scripts)
            Assert.Contains(Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script.TextContent))), policy, StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_text_from_data_and_prose_stays_text()
    {
        var page = _written.Page("02-sample.html");
        Assert.All(page.QuerySelectorAll("script[type]:not(#plotly-packet)"), script => Assert.Equal("ct-data", script.ClassName));
        Assert.Equal(12, page.QuerySelectorAll("main img").Length);
        Assert.Empty(page.QuerySelectorAll("body meta, body link, base, iframe, object, embed, form"));
        Assert.DoesNotContain(page.All.SelectMany(element => element.Attributes), attribute => attribute.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(page.QuerySelectorAll("pre.value"), pre => pre.TextContent == SampleNotebook.Hostile);
        Assert.Contains(page.QuerySelectorAll("pre.stderr"), pre => pre.TextContent == SampleNotebook.Hostile);
        Assert.Contains(page.QuerySelectorAll(".text p"), p => p.TextContent.Contains("<script>alert(1)</script>", StringComparison.Ordinal));
        Assert.DoesNotContain(page.QuerySelectorAll("a[href]"), a => a.GetAttribute("href")!.StartsWith("javascript", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Markdown_of_any_kind_makes_no_script_and_no_handler() =>
        Gen.OneOf(
            Gen.String[0, 60],
            Gen.Int[0, _attacks.Length - 1].Select(i => _attacks[i]))
        .Array[1, 4].Sample(parts =>
        {
            var markdown = string.Join("\n\n", parts).Replace('$', 's');
            var page = new HtmlParser().ParseDocument(new Prose(_written.Math, new Anchors(""), 1, ".").Render(markdown, "sample"));
            Assert.Empty(page.QuerySelectorAll("script, iframe, object, embed, svg, form, input"));
            foreach (var attribute in page.All.SelectMany(element => element.Attributes))
            {
                Assert.False(attribute.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase), markdown);
                if (attribute.LocalName == "src") Assert.StartsWith("data:", attribute.Value, StringComparison.Ordinal);
                if (attribute.LocalName == "href") Assert.False(attribute.Value.Trim().StartsWith("javascript", StringComparison.OrdinalIgnoreCase) || attribute.Value.StartsWith("data", StringComparison.OrdinalIgnoreCase), markdown);
            }
        }, iter: 300);

    [Fact]
    public void Formulas_are_there_for_eyes_and_for_screen_readers()
    {
        var page = _written.Page("02-sample.html");
        var formulas = page.QuerySelectorAll("main .katex").Length;
        Assert.True(formulas >= 12, $"{formulas} formulas");
        Assert.Equal(formulas, page.QuerySelectorAll("main .katex-mathml math").Length);
        Assert.Equal(formulas, page.QuerySelectorAll("main .katex-html[aria-hidden=true]").Length);
        Assert.Single(page.QuerySelectorAll("main .katex-display"));
        Assert.DoesNotContain("katex-error", _written.Report, StringComparison.Ordinal);
        Assert.DoesNotContain("$", page.QuerySelector(".opening")!.TextContent.Replace("\\$", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_fonts_that_the_formulas_use_are_in_the_page()
    {
        Assert.Contains("KaTeX_Main;", _written.Report, StringComparison.Ordinal);
        Assert.Contains("font-family:KaTeX_AMS;font-style:normal;font-weight:400;src:url(data:font/woff2", _written.Report, StringComparison.Ordinal);
        Assert.DoesNotContain("font-family:KaTeX_Fraktur;font-style", _written.Report, StringComparison.Ordinal);
        Assert.DoesNotContain(".woff", _written.Report, StringComparison.Ordinal);
        Assert.Contains("Permission is hereby granted", _written.Report, StringComparison.Ordinal);
        Assert.Equal("", KatexStyle.For("<p>no formula</p>"));
    }

    [Fact]
    public void A_formula_that_does_not_parse_names_notebook_and_cell()
    {
        using var folder = new TemporaryFolder();
        var path = System.IO.Path.Combine(folder.Path, "05-broken.ipynb");
        NotebookWriter.Write(path, new Notebook([new("a", CellKind.Markdown, "# Title"), new("b", CellKind.Markdown, "Text with $\\frac{a$.")], Notebook.CSharpMetadata()));
        var error = Assert.Throws<InputException>(() => ReportWriter.Write([path], folder.Path, new ReportOptions()));
        Assert.Contains("05-broken cell 2", error.Message, StringComparison.Ordinal);
        Assert.Contains("\\frac{a", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(System.IO.Path.Combine(folder.Path, "05-broken.html")));
    }

    [Fact]
    public void Every_formula_of_every_notebook_in_the_repository_renders()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder, "ClipTransfer.slnx"))) folder = System.IO.Path.GetDirectoryName(folder);
        var notebooks = System.IO.Path.Combine(folder!, "notebooks");
        foreach (var path in Directory.Exists(notebooks) ? Directory.GetFiles(notebooks, "*.ipynb") : [])
            Assert.NotEmpty(Article.Read(path, _written.Math).BodyHtml);
    }

    [Fact]
    public void Headings_stand_in_order_with_one_title_and_the_contents_lead_to_them()
    {
        foreach (var name in new[] { "01-sample.html", "02-sample.html", "index.html", "all.html", "static/02-sample.html" })
        {
            var page = _written.Page(name);
            var levels = page.QuerySelectorAll("h1,h2,h3,h4,h5,h6").Select(heading => heading.LocalName[1] - '0').ToList();
            Assert.Equal(1, levels[0]);
            Assert.Equal(1, levels.Count(level => level == 1));
            Assert.All(levels.Zip(levels.Skip(1)), pair => Assert.True(pair.Second <= pair.First + 1, $"{name}: h{pair.First} is followed by h{pair.Second}"));
            var ids = page.QuerySelectorAll("[id]").Select(element => element.Id!).ToList();
            Assert.Equal(ids.Count, ids.Distinct().Count());
            var links = page.QuerySelectorAll("nav.contents a").ToList();
            Assert.NotEmpty(links);
            Assert.All(links, link => Assert.Contains(link.GetAttribute("href")![1..], ids));
        }
    }

    [Fact]
    public void A_page_says_its_language_can_be_skipped_into_and_names_its_pictures()
    {
        var page = _written.Page("02-sample.html");
        Assert.Equal("en", page.DocumentElement.GetAttribute("lang"));
        Assert.Equal("#main", page.QuerySelector("body > a")!.GetAttribute("href"));
        Assert.NotNull(page.QuerySelector("main#main"));
        Assert.All(page.QuerySelectorAll("img"), image => Assert.NotEqual("", image.GetAttribute("alt") ?? ""));
        Assert.All(page.QuerySelectorAll("[role=img]"), image => Assert.NotEqual("", image.GetAttribute("aria-label") ?? ""));
        Assert.Equal("A first pre-training: does the loss keep what is shared? · ClipTransfer", page.Title);
    }

    [Fact]
    public void Code_is_folded_and_whole_and_the_settings_stand_at_the_foot()
    {
        var page = _written.Page("02-sample.html");
        var cells = page.QuerySelectorAll("div.code").ToList();
        Assert.All(cells, cell => Assert.False(cell.QuerySelector("details")!.HasAttribute("open")));
        Assert.Contains(cells, cell => cell.QuerySelector("pre code")!.TextContent == "var figure = Plot.Lines(\"Loss over epochs\", new(\"Epoch\"), new(\"Loss\", \"nats\"), series, caption);\nfigure.Display();");
        Assert.NotEmpty(page.QuerySelectorAll("pre code span.string"));
        var foot = page.QuerySelector("footer.foot")!.TextContent;
        foreach (var part in new[] { "quick", "Seed7", "generated scenes", "24 November 2026, 18:00 UTC", "42 s", "0.1.0", "2 cores" }) Assert.Contains(part, foot, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_notebook_shows_its_error_on_its_page_and_in_the_index()
    {
        var page = _written.Page("01-sample.html");
        var notice = page.QuerySelector(".notice")!;
        Assert.Contains("the loss is not a number at step 12", notice.TextContent, StringComparison.Ordinal);
        var cell = page.GetElementById(notice.QuerySelector("a")!.GetAttribute("href")![1..])!;
        Assert.True(cell.QuerySelector("details")!.HasAttribute("open"));
        Assert.Contains("Throw(loss)", cell.TextContent, StringComparison.Ordinal);
        var index = _written.Page("index.html");
        var cards = index.QuerySelectorAll(".cards li").ToList();
        Assert.Equal(["failed", "ran"], cards.Select(card => card.QuerySelector(".badge")!.TextContent));
        Assert.Contains("step 12", cards[0].TextContent, StringComparison.Ordinal);
        Assert.Null(cards[1].QuerySelector(".error"));
    }

    [Fact]
    public void The_index_holds_every_verdict_of_the_ledger()
    {
        var rows = _written.Page("index.html").QuerySelectorAll("table.verdicts tbody tr").ToList();
        Assert.Equal(3, rows.Count);
        Assert.Equal("holds", rows[0].QuerySelector(".badge")!.TextContent);
        Assert.Contains("0.182 margin", rows[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("95 % interval 0.11 to 0.25, n = 5", rows[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("<b>level</b>", rows[1].TextContent, StringComparison.Ordinal);
        Assert.Contains("no interval: 1 seed", rows[1].TextContent, StringComparison.Ordinal);
        Assert.Equal("not testable here", rows[2].QuerySelector(".badge")!.TextContent);
        Assert.Equal("02-sample.html#claim-a", rows[0].QuerySelector("a")!.GetAttribute("href"));
    }

    [Fact]
    public void Links_between_notebooks_lead_to_their_reports() =>
        Assert.Contains(_written.Page("02-sample.html").QuerySelectorAll("main a"), link => link.GetAttribute("href") == "01-shared-and-unique-features.html");

    [Fact]
    public void The_static_report_has_drawings_and_no_script()
    {
        var page = _written.Page("static/02-sample.html");
        Assert.Empty(page.QuerySelectorAll("script"));
        Assert.Equal(_written.Page("02-sample.html").QuerySelectorAll(".ct-plot").Length, page.QuerySelectorAll(".ct-plot svg.ct-static").Length);
        Assert.Empty(page.QuerySelectorAll("button, input"));
        Assert.InRange(new FileInfo(_written.Path("static/02-sample.html")).Length, 50_000, 1_000_000);
    }

    [Fact]
    public void Reports_stay_under_six_megabytes() =>
        Assert.All(Directory.GetFiles(_written.Folder, "*.html"), file => Assert.InRange(new FileInfo(file).Length, 1, 6_000_000));

    [Fact]
    public void Two_writings_give_the_same_bytes()
    {
        var path = _written.Path("02-sample.ipynb");
        var options = new ReportOptions();
        Assert.Equal(Whole(new MathRenderer()), Whole(_written.Math));

        string Whole(MathRenderer math) => ReportPage.Write("t", "", "", Article.Read(path, math).BodyHtml, options);
    }

    [GeneratedRegex("plotly\\.js v2\\.")]
    private static partial Regex PlotlyHead();

    [GeneratedRegex("url\\(\\s*[\"']?([^)\"']*)")]
    private static partial Regex CssUrl();

    public sealed class Written : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly Dictionary<string, IDocument> _pages = [];

        public Written()
        {
            var failed = SampleNotebook.Write(Folder, "01-sample", failed: true);
            var good = SampleNotebook.Write(Folder, "02-sample");
            ClaimsLedger.Merge(Folder, SampleNotebook.Claims());
            ReportWriter.Write([failed, good], Folder, new ReportOptions(OneFile: true));
            ReportWriter.Write([good], Path("static"), new ReportOptions(Static: true));
            Report = File.ReadAllText(Path("02-sample.html"));
        }

        public string Folder => _folder.Path;

        public string Report { get; }

        internal MathRenderer Math { get; } = new();

        public string Path(string name) => System.IO.Path.Combine(Folder, name);

        public IDocument Page(string name)
        {
            if (!_pages.TryGetValue(name, out var page)) _pages[name] = page = new HtmlParser().ParseDocument(File.ReadAllText(Path(name)));
            return page;
        }

        public void Dispose() => _folder.Dispose();
    }
}
