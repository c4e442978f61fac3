using System.Diagnostics;
using System.Globalization;
using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Tests.Notebooks;
using ClipTransfer.Tests.Reports;
using Microsoft.Playwright;

namespace ClipTransfer.Tests.Kernel;

/// <summary>A person's visit, recorded: Debian's Jupyter Notebook in Chromium, notebook 05, a temperature changed, cells re-run, a long cell interrupted, the report exported.</summary>
/// <remarks>CLIPTRANSFER_SCREENSHOTS names a folder for what was seen.</remarks>
[Trait("Category", "Slow")]
public sealed class JupyterVisitTests : IDisposable
{
    private const string Name = "05-temperature-sets-the-margin";
    private readonly CloneFixture _clone = new();

    public void Dispose() => _clone.Dispose();

    [Fact]
    public async Task A_reader_changes_the_temperature_re_runs_two_cells_interrupts_a_third_and_exports_the_report()
    {
        var original = Path.Combine(CloneFixture.Real.Notebooks, $"{Name}.ipynb");
        File.Copy(original, Path.Combine(_clone.Root, "notebooks", $"{Name}.ipynb"));
        File.Copy(Path.Combine(CloneFixture.Real.Notebooks, "setup.cs"), Path.Combine(_clone.Root, "notebooks", "setup.cs"));
        string[] ids = [.. NotebookReader.Read(original).Cells.Select(cell => cell.Id)];

        using var jupyter = await DebianJupyter.CreateAsync();
        using var server = Process.Start(jupyter.StartInfo("/usr/bin/jupyter-notebook", _clone.Root,
            ["--no-browser", "--allow-root", "--ip=127.0.0.1", string.Create(CultureInfo.InvariantCulture, $"--port={KernelClient.FreePorts(1)[0]}"), "--NotebookApp.token=visit", $"--notebook-dir={_clone.Root}"]))!;
        try
        {
            var address = await AddressAsync(server);
            using var playwright = await Playwright.CreateAsync();
            await using var chromium = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = BrowserTests.Browser.Chromium(), Args = ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
            var page = await chromium.NewPageAsync(new() { ViewportSize = new() { Width = 1280, Height = 1000 } });
            page.SetDefaultTimeout(180_000);
            await page.GotoAsync($"{address}/notebooks/notebooks/{Name}.ipynb?token=visit");
            var visit = new NotebookVisit(page, ids);
            await visit.ReadyAsync();

            await visit.WriteAsync("parameters", "var profile = \"quick\";\nvar seed = 0;\nvar data = \"\";\nvar output = \"../results/local\";");
            foreach (var id in new[] { "import", "library", "parameters", "session", "settings", "a-measure", "a-figure" }) await visit.RunAsync(id);
            var before = await visit.FigureAsync("a-figure");
            await visit.ShotAsync("1-figure", "a-figure");

            // τ is changed where the measurement begins; that cell and its figure are run again.
            await visit.WriteAsync("a-measure", "temperatures = [0.02, 0.2, 2];\n" + NotebookReader.Read(original).Cells[Array.IndexOf(ids, "a-measure")].Source);
            await visit.RunAsync("a-measure");
            await visit.RunAsync("a-figure");
            var after = await visit.FigureAsync("a-figure");
            Assert.NotEqual(before, after);
            Assert.Contains("0.02", after, StringComparison.Ordinal);
            await visit.ShotAsync("2-other-temperatures", "a-figure");

            await visit.HoverAsync("a-figure");
            await visit.ShotAsync("3-hover", "a-figure");

            // A study that would take hours is stopped at its next step, and what was measured before is still there.
            await visit.WriteAsync("b-measure", "var longer = StudyRunner.Grid(temperatures, seeds, (t, s) => TemperatureStudy.AtExcesses(study, t, [1e-300], s, maxSteps: 2_000_000_000));");
            await visit.StartAsync("b-measure");
            await Task.Delay(1500);
            await page.ClickAsync("button[title='interrupt the kernel']");
            await visit.EndedAsync("b-measure");
            Assert.Contains("stopped by the user", await visit.OutputAsync("b-measure"), StringComparison.Ordinal);
            await visit.ShotAsync("4-interrupted", "b-measure");
            await visit.RunAsync("a-figure");
            Assert.Equal(after, await visit.FigureAsync("a-figure"));

            await page.EvaluateAsync("() => Jupyter.notebook.save_notebook()");
            await page.WaitForFunctionAsync("() => !Jupyter.notebook.dirty");
            var (code, output, _) = await _clone.InvokeAsync("report", "--out", Path.Combine(_clone.Root, "notebooks"));
            Assert.True(code == 0, output);
            await page.GotoAsync(new Uri(Path.Combine(_clone.Root, "notebooks", $"{Name}.html")).AbsoluteUri);
            await page.WaitForFunctionAsync("() => { const all = [...document.querySelectorAll('.ct-figure:has(script)')]; return all.length > 0 && all.every(f => f.classList.contains('ct-drawn')); }");
            Assert.Equal(after, await page.Locator(".ct-figure script.ct-data").First.TextContentAsync());
            await visit.ShotAsync("5-report", null);
        }
        finally
        {
            server.Kill(entireProcessTree: true);
        }
    }

    /// <summary>The server says on its error output where it listens.</summary>
    private static async Task<string> AddressAsync(Process server)
    {
        _ = server.StandardOutput.ReadToEndAsync();
        while (await server.StandardError.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2)) is { } line)
        {
            if (System.Text.RegularExpressions.Regex.Match(line, "http://127\\.0\\.0\\.1:[0-9]+") is { Success: true } found)
            {
                _ = server.StandardError.ReadToEndAsync();
                return found.Value;
            }
        }

        throw new InvalidOperationException("Jupyter Notebook did not start");
    }

    /// <summary>The page of one notebook, its cells called by their ids.</summary>
    private sealed class NotebookVisit(IPage page, string[] ids)
    {
        public async Task ReadyAsync() => await page.WaitForFunctionAsync("() => window.Jupyter && Jupyter.notebook && Jupyter.notebook.kernel && Jupyter.notebook.kernel.is_connected() && document.querySelector('.kernel_idle_icon')");

        public async Task WriteAsync(string id, string text)
        {
            await Cell(id).Locator(".CodeMirror").First.ClickAsync();
            await page.Keyboard.PressAsync("Control+a");
            await page.Keyboard.InsertTextAsync(text);
        }

        public async Task StartAsync(string id)
        {
            await Cell(id).Locator(".CodeMirror").First.ClickAsync();
            await page.Keyboard.PressAsync("Control+Enter");
            await page.WaitForFunctionAsync("i => Jupyter.notebook.get_cell(i).input_prompt_number === '*'", Index(id));
        }

        public async Task RunAsync(string id)
        {
            var before = await page.EvaluateAsync<int>("i => Jupyter.notebook.get_cell(i).input_prompt_number * 1 || 0", Index(id));
            await Cell(id).Locator(".CodeMirror").First.ClickAsync();
            await page.Keyboard.PressAsync("Control+Enter");
            await page.WaitForFunctionAsync("([i, before]) => { const n = Jupyter.notebook.get_cell(i).input_prompt_number * 1; return n > before; }", new[] { Index(id), before });
            Assert.Equal(0, await Cell(id).Locator(".output_error").CountAsync());
        }

        public async Task EndedAsync(string id) => await page.WaitForFunctionAsync("i => Jupyter.notebook.get_cell(i).input_prompt_number * 1 > 0", Index(id));

        /// <summary>The data of the figure in a cell, once it is drawn.</summary>
        public async Task<string> FigureAsync(string id)
        {
            await page.WaitForFunctionAsync("i => { const f = document.querySelectorAll('#notebook-container > .cell')[i].querySelector('.ct-figure'); return f && f.classList.contains('ct-drawn'); }", Index(id));
            return (await Cell(id).Locator("script.ct-data").First.TextContentAsync())!;
        }

        /// <summary>Puts the mouse on a figure's first point and waits for what it says there.</summary>
        public async Task HoverAsync(string id)
        {
            var point = Cell(id).Locator(".scatterlayer .point").First;
            await point.ScrollIntoViewIfNeededAsync();
            var box = (await point.BoundingBoxAsync())!;
            await page.Mouse.MoveAsync(box.X - 3, box.Y - 3);
            await page.Mouse.MoveAsync(box.X + (box.Width / 2), box.Y + (box.Height / 2), new() { Steps = 5 });
            await Cell(id).Locator(".hoverlayer .hovertext").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
            Assert.Contains("temperature", await Cell(id).Locator(".hoverlayer .hovertext").First.TextContentAsync(), StringComparison.Ordinal);
        }

        public async Task<string> OutputAsync(string id) => (await Cell(id).Locator(".output_wrapper").TextContentAsync())!;

        public async Task ShotAsync(string name, string? id)
        {
            if (Environment.GetEnvironmentVariable("CLIPTRANSFER_SCREENSHOTS") is not { Length: > 0 } folder) return;
            if (id is not null) await Cell(id).ScrollIntoViewIfNeededAsync();
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png") });
        }

        private int Index(string id) => Array.IndexOf(ids, id);

        private ILocator Cell(string id) => page.Locator("#notebook-container > .cell").Nth(Index(id));
    }
}
