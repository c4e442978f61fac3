using ClipTransfer.Notebooks.Reports;
using ClipTransfer.Results;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace ClipTransfer.Tests.Reports;

/// <summary>Reports in a real browser: Debian's Chromium, driven by Playwright, from a file:// address without a network.</summary>
[Trait("Category", "Slow")]
public sealed class BrowserTests : IClassFixture<BrowserTests.Browser>
{
    private readonly Browser _browser;

    public BrowserTests(Browser browser) => _browser = browser;

    [Fact]
    public async Task Every_figure_is_drawn_without_a_console_error_or_a_request()
    {
        await using var visit = await _browser.Open("02-sample.html");
        var expected = await visit.Page.Locator(".ct-plot").CountAsync();
        Assert.Equal(5, expected);
        Assert.Equal(expected, await visit.Page.Locator(".ct-live .plot-container:visible").CountAsync());
        Assert.Equal(0, await visit.Page.Locator(".ct-failed").CountAsync());
        Assert.Equal(4, await visit.Page.Locator(".ct-figure >> nth=0").Locator(".legendtext").CountAsync());
        visit.AssertSilent();
    }

    [Fact]
    public async Task The_knob_moves_its_figure_by_keyboard()
    {
        await using var visit = await _browser.Open("02-sample.html");
        var knob = visit.Page.Locator("input[type=range]").First;
        var line = visit.Page.Locator(".ct-panel:has(input[type=range]) .scatterlayer path.js-line").First;
        var before = await line.GetAttributeAsync("d");
        await knob.FocusAsync();
        await knob.PressAsync("ArrowRight");
        await knob.PressAsync("ArrowRight");
        Assert.Equal("0.07", await visit.Page.Locator(".ct-knob output").First.TextContentAsync());
        Assert.Equal("0.07", await knob.GetAttributeAsync("aria-valuetext"));
        await visit.Page.WaitForFunctionAsync("d => document.querySelector('.ct-panel:has(input[type=range]) .scatterlayer path.js-line').getAttribute('d') !== d", before);
        visit.AssertSilent();
    }

    [Fact]
    public async Task Contents_lead_to_their_headings_and_code_unfolds()
    {
        await using var visit = await _browser.Open("02-sample.html");
        foreach (var link in await visit.Page.Locator("nav.contents a").AllAsync())
        {
            var target = (await link.GetAttributeAsync("href"))!;
            await link.ClickAsync();
            Assert.Equal(target, await visit.Page.EvaluateAsync<string>("decodeURIComponent(location.hash)"));
            await visit.Page.WaitForFunctionAsync("id => { const r = document.getElementById(id).getBoundingClientRect(); return r.top >= 0 && r.top < innerHeight; }", target[1..]);
        }

        var cell = visit.Page.Locator("div.code details").First;
        Assert.Null(await cell.GetAttributeAsync("open"));
        await cell.Locator("summary").FocusAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        Assert.NotNull(await cell.GetAttributeAsync("open"));
        await visit.Page.ClickAsync("#code-button");
        Assert.Equal(0, await visit.Page.Locator("div.code > details:not([open])").CountAsync());
        visit.AssertSilent();
    }

    [Fact]
    public async Task The_data_of_a_figure_are_one_click_away()
    {
        await using var visit = await _browser.Open("02-sample.html");
        var download = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Page.Locator("figure:has-text('Loss over epochs') a.ct-csv").First.ClickAsync());
        Assert.Equal("loss-over-epochs.csv", download.SuggestedFilename);
        Assert.Equal(SampleNotebook.Curves().Csv, await File.ReadAllTextAsync((await download.PathAsync())!));
    }

    [Fact]
    public async Task The_theme_button_turns_page_and_figures_dark_and_is_remembered()
    {
        await using var visit = await _browser.Open("02-sample.html");
        var light = await Colours();
        await visit.Page.ClickAsync("#theme-button");
        await visit.Page.WaitForFunctionAsync("() => document.querySelector('.ct-figure').classList.contains('ct-dark')");
        var dark = await Colours();
        Assert.NotEqual(light, dark);
        Assert.Contains("rgb(116, 187, 247)", dark, StringComparison.Ordinal);
        visit.AssertSilent();

        async Task<string> Colours() => await visit.Page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor + ' ' + document.querySelector('.ct-live .scatterlayer path.js-line[style*=\"stroke-opacity\"]:not([style*=\"stroke-width: 0.5px\"])').style.stroke");
    }

    [Theory]
    [InlineData("02-sample.html", ColorScheme.Light, 1280)]
    [InlineData("02-sample.html", ColorScheme.Dark, 390)]
    [InlineData("01-sample.html", ColorScheme.Light, 390)]
    [InlineData("index.html", ColorScheme.Light, 1280)]
    [InlineData("index.html", ColorScheme.Dark, 390)]
    [InlineData("static/02-sample.html", ColorScheme.Light, 700)]
    public async Task No_accessibility_rule_is_broken_and_nothing_is_wider_than_the_window(string name, ColorScheme scheme, int width)
    {
        await using var visit = await _browser.Open(name, scheme, width);
        // Folded code counts too.
        await visit.Page.EvaluateAsync("() => document.querySelectorAll('details').forEach(d => d.open = true)");
        await AssertAccessible(visit);
        Assert.Equal(width, await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        visit.AssertSilent();
    }

    private static async Task AssertAccessible(Visit visit)
    {
        // The inside of a chart is one picture with an alternative text; its thousands of path elements say nothing by themselves.
        var result = await visit.Page.RunAxe(new AxeRunContext { Exclude = [new AxeSelector(".ct-live")] });
        Assert.True(result.Violations.Length == 0, string.Join("\n", result.Violations.Select(violation =>
            $"{violation.Id} ({violation.Impact}): {violation.Help}\n  {string.Join("\n  ", violation.Nodes.Take(4).Select(node => $"{node.Html} {string.Join(' ', node.Any.Select(check => check.Message))}"))}")));
    }

    /// <summary>CLIPTRANSFER_REPORTS names a folder with the reports of a real run, as .ci/run does; without it, those made here are visited.</summary>
    [Fact]
    public async Task Every_report_of_a_run_draws_its_figures_in_silence_and_breaks_no_accessibility_rule()
    {
        var folder = Environment.GetEnvironmentVariable("CLIPTRANSFER_REPORTS") is { Length: > 0 } named ? named : _browser.Path("");
        var pages = Directory.GetFiles(folder, "*.html").Where(page => System.IO.Path.GetFileName(page) is not ("live.html" or "all.html")).Order().ToArray();
        Assert.NotEmpty(pages);
        foreach (var page in pages)
        {
            await using var visit = await _browser.Open(page);
            Assert.Equal(await visit.Page.Locator(".ct-plot").CountAsync(), await visit.Page.Locator(".ct-live .plot-container:visible").CountAsync());
            visit.AssertSilent();
            await AssertAccessible(visit);
            Assert.InRange(new FileInfo(page).Length, 1, 6_000_000);
        }
    }

    [Fact]
    public async Task All_notebooks_of_a_run_in_one_file_draw_in_silence_break_no_accessibility_rule_and_stay_under_6_MB()
    {
        var folder = Environment.GetEnvironmentVariable("CLIPTRANSFER_REPORTS") is { Length: > 0 } named ? named : _browser.Path("");
        var executed = Directory.GetFiles(folder, "*.ipynb").Order(StringComparer.Ordinal).ToArray();
        Assert.NotEmpty(executed);
        ReportWriter.Write(executed, _browser.Path("whole"), new ReportOptions(OneFile: true));
        var page = _browser.Path("whole/all.html");
        await using var visit = await _browser.Open(page);
        Assert.Equal(await visit.Page.Locator(".ct-plot").CountAsync(), await visit.Page.Locator(".ct-live .plot-container:visible").CountAsync());
        visit.AssertSilent();
        await AssertAccessible(visit);
        Assert.InRange(new FileInfo(page).Length, 1, 6_000_000);
    }

    [Fact]
    public async Task Figures_in_a_live_notebook_draw_when_plotly_comes_late_and_keep_apart()
    {
        // The page of a notebook: the same figure twice, then another, and plotly.js last.
        var html = $"<!DOCTYPE html><meta charset=utf-8><body>{SampleNotebook.Curves().ToHtml()}{SampleNotebook.Curves().ToHtml()}{SampleNotebook.Heat().ToHtml()}";
        await File.WriteAllTextAsync(_browser.Path("live.html"), html);
        await using var visit = await _browser.Open("live.html", wait: false);
        Assert.Equal(3, await visit.Page.Locator("svg.ct-static:visible").CountAsync());
        // A module loader on the page must not swallow plotly.js.
        await visit.Page.EvaluateAsync("() => { window.define = function () { throw new Error('swallowed'); }; window.define.amd = {}; }");
        await visit.Page.EvaluateAsync("html => { const s = document.createElement('script'); s.textContent = new DOMParser().parseFromString(html, 'text/html').querySelector('script').textContent; document.body.append(s); }", ClipTransfer.Plots.Plot.Initialise().ToHtml());
        await visit.Page.WaitForFunctionAsync("() => document.querySelectorAll('.ct-drawn').length === 3");
        Assert.Equal(3, await visit.Page.Locator(".ct-live .plot-container").CountAsync());
        Assert.Equal(0, await visit.Page.Locator("svg.ct-static:visible").CountAsync());
        visit.AssertSilent();
    }

    [Fact]
    public async Task Print_shows_drawings_and_leaves_out_buttons_and_folded_code()
    {
        await using var visit = await _browser.Open("02-sample.html", ColorScheme.Dark);
        await visit.Page.EmulateMediaAsync(new() { Media = Media.Print });
        Assert.Equal(5, await visit.Page.Locator("svg.ct-static:visible").CountAsync());
        Assert.Equal(0, await visit.Page.Locator(".ct-live:visible").CountAsync());
        Assert.Equal(0, await visit.Page.Locator("button:visible, .contents:visible, div.code > details:visible").CountAsync());
        Assert.Equal("rgb(255, 255, 255)", await visit.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
    }

    [Fact]
    public async Task Without_scripts_the_drawings_stand_there()
    {
        await using var visit = await _browser.Open("02-sample.html", scripts: false, wait: false);
        Assert.Equal(5, await visit.Page.Locator("svg.ct-static:visible").CountAsync());
        Assert.True(await visit.Page.Locator("nav.contents a").First.IsVisibleAsync());
    }

    public sealed class Browser : IAsyncLifetime, IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private IPlaywright? _playwright;
        private IBrowser? _chromium;

        public string Path(string name) => System.IO.Path.Combine(_folder.Path, name);

        public async Task InitializeAsync()
        {
            var failed = SampleNotebook.Write(_folder.Path, "01-sample", failed: true);
            var good = SampleNotebook.Write(_folder.Path, "02-sample");
            ClaimsLedger.Merge(_folder.Path, SampleNotebook.Claims());
            ReportWriter.Write([failed, good], _folder.Path, new ReportOptions(OneFile: true));
            ReportWriter.Write([good], Path("static"), new ReportOptions(Static: true));
            _playwright = await Playwright.CreateAsync();
            _chromium = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium(), Args = ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
        }

        public async Task DisposeAsync()
        {
            if (_chromium is not null) await _chromium.DisposeAsync();
            _playwright?.Dispose();
        }

        public void Dispose() => _folder.Dispose();

        internal async Task<Visit> Open(string name, ColorScheme scheme = ColorScheme.Light, int width = 1280, bool scripts = true, bool wait = true)
        {
            var context = await _chromium!.NewContextAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 900 }, JavaScriptEnabled = scripts, ReducedMotion = ReducedMotion.Reduce, Offline = true });
            // A machine that does ten other things is slow, not wrong.
            context.SetDefaultTimeout(120_000);
            var visit = new Visit(context, await context.NewPageAsync());
            await visit.Page.GotoAsync(new Uri(Path(name)).AbsoluteUri);
            if (wait && scripts) await visit.Page.WaitForFunctionAsync("() => [...document.querySelectorAll('.ct-figure:has(script)')].every(f => f.classList.contains('ct-drawn'))");
            return visit;
        }

        internal static string Chromium() =>
            new[] { Environment.GetEnvironmentVariable("CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(path => File.Exists(path))
            ?? throw new InvalidOperationException("These tests need Chromium: apt-get install chromium, or name it in the variable CHROMIUM.");
    }

    internal sealed class Visit : IAsyncDisposable
    {
        private readonly IBrowserContext _context;
        private readonly List<string> _said = [];
        private readonly List<string> _asked = [];

        internal Visit(IBrowserContext context, IPage page)
        {
            (_context, Page) = (context, page);
            page.Console += (_, message) => _said.Add($"{message.Type}: {message.Text}");
            page.PageError += (_, error) => _said.Add(error);
            context.Request += (_, request) => _asked.Add(request.Url);
        }

        internal IPage Page { get; }

        /// <summary>Nothing but the file itself was asked for, and the console has neither errors nor warnings.</summary>
        internal void AssertSilent()
        {
            Assert.Empty(_said);
            Assert.All(_asked, url => Assert.True(url.StartsWith("data:", StringComparison.Ordinal) || url.StartsWith("blob:", StringComparison.Ordinal) || url == _asked[0], url));
        }

        public ValueTask DisposeAsync() => _context.DisposeAsync();
    }
}
