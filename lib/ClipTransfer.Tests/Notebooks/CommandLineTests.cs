using ClipTransfer.Notebooks;

namespace ClipTransfer.Tests.Notebooks;

public sealed class CommandLineTests : IDisposable
{
    private readonly CloneFixture _clone = new();

    public CommandLineTests()
    {
        _clone.WriteNotebook("01-first", "parameters:var profile = \"default\"; var seed = 0;");
        _clone.WriteNotebook("02-second", "parameters:var epochs = 1;");
    }

    public void Dispose() => _clone.Dispose();

    [Theory]
    [InlineData("dance: there is no such verb. There are run, ", "dance")]
    [InlineData("--profile huge: there is no such profile. There are quick, default, full, paper.", "--profile", "huge")]
    [InlineData("--only 07: there is no such notebook. There are 01, 02.", "--only", "01,07")]
    [InlineData("--timeout soon: is not a time.", "--timeout", "soon")]
    [InlineData("--timeout -5: is not a time.", "run", "--timeout=-5")]
    [InlineData("--set seed: is not of the form name=value.", "--set", "seed")]
    [InlineData("--set sead=1: no chosen notebook has a parameter 'sead'. There are epochs, profile, seed.", "--set", "sead=1")]
    [InlineData("--set epochs=1: no chosen notebook has a parameter 'epochs'. There are profile, seed.", "--only", "1", "--set", "epochs=1")]
    [InlineData("--set seed=x: 'x' is not a whole number (int)", "--set", "seed=x")]
    [InlineData("--data /nowhere: there is no such folder.", "--data", "/nowhere")]
    [InlineData("--frobnicate", "run", "--frobnicate")]
    [InlineData("--backend abacus: there is no such backend. There are cpu, cuda-linux, cuda-windows.", "setup", "--backend", "abacus")]
    public async Task Bad_input_is_one_clear_line_and_a_failing_exit_code(string says, params string[] args)
    {
        var (code, output, errors) = await _clone.InvokeAsync(args);
        Assert.Equal(ExitCodes.BadInput, code);
        Assert.Contains(says, errors, StringComparison.Ordinal);
        Assert.Single(errors.TrimEnd().Split('\n'));
        Assert.Empty(output);
        Assert.False(Directory.Exists(Path.Combine(_clone.Root, "results")) && Directory.EnumerateFiles(_clone.Root, "*.ipynb", SearchOption.AllDirectories).Count() > 2);
    }

    [Fact]
    public async Task An_output_path_that_runs_through_a_file_is_said_before_anything_runs()
    {
        var file = Path.Combine(_clone.Root, "file");
        await File.WriteAllTextAsync(file, "x");
        var (code, output, errors) = await _clone.InvokeAsync("--out", Path.Combine(file, "deeper"));
        Assert.Equal(ExitCodes.BadInput, code);
        Assert.StartsWith($"--out {Path.Combine(file, "deeper")}: cannot be written", errors, StringComparison.Ordinal);
        Assert.Single(errors.TrimEnd().Split('\n'));
        Assert.Empty(output);
        Assert.Equal("x", await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task Each_verb_and_the_whole_have_help()
    {
        var (code, whole, _) = await _clone.InvokeAsync("--help");
        Assert.Equal(0, code);
        foreach (var verb in new[] { "run", "report", "list", "setup", "publish", "data", "kernel" })
        {
            Assert.Matches($@"(?m)^\s+{verb}\s+\S", whole);
            var (verbCode, help, _) = await _clone.InvokeAsync(verb, "--help");
            Assert.Equal(0, verbCode);
            Assert.True(help.Length > 150, help);
        }

        var (_, run, _) = await _clone.InvokeAsync("run", "--help");
        foreach (var option in new[] { "--profile", "--only", "--data", "--out", "--set", "--timeout" }) Assert.Contains(option, run, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_names_each_notebook_and_a_broken_one_does_not_hide_the_others()
    {
        _clone.Write("03-broken.ipynb", "{");
        var (code, output, _) = await _clone.InvokeAsync("list");
        Assert.Equal(0, code);
        Assert.Contains("01  Title of 01-first\n    not run yet", output, StringComparison.Ordinal);
        Assert.Contains("02  Title of 02-second", output, StringComparison.Ordinal);
        Assert.Contains("03-broken.ipynb line 1: is not JSON", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publishing_copies_numbers_and_small_figures_and_keeps_what_was_published_before()
    {
        var local = Path.Combine(_clone.Root, "results", "local");
        Write("claims.json", """[{"id":"b","notebook":"02","statement":"s","source":"ours","mark":"D","verdict":"holds","kind":"evidence","n":1,"seeds":[],"data":"theory","profile":"quick","settings":{}}]""");
        Write("runs/02-clip/summary.json", "{}");
        Write("runs/02-clip/metrics.jsonl", "{}");
        Write("figures/02-loss.svg", "<svg/>");
        Write("figures/02-huge.svg", new string('x', 600_000));
        Write("02-second.html", "<html>");
        Write("../claims.json", """[{"id":"a","notebook":"01","statement":"s","source":"ours","mark":"D","verdict":"holds","kind":"evidence","n":1,"seeds":[],"data":"theory","profile":"quick","settings":{}}]""");

        var (code, output, errors) = await _clone.InvokeAsync("publish");
        Assert.Equal("", errors);
        Assert.Equal(0, code);
        var results = Path.Combine(_clone.Root, "results");
        Assert.Equal(["a", "b"], ClipTransfer.Results.ClaimsLedger.Read(results).Select(claim => claim.Id));
        var published = Directory.EnumerateFiles(results, "*", SearchOption.AllDirectories).Where(file => !file.StartsWith(local, StringComparison.Ordinal)).Select(file => Path.GetRelativePath(results, file)).Order(StringComparer.Ordinal);
        Assert.Equal(["claims.json", "figures/02-loss.svg", "runs/02-clip/summary.json", "verdicts.md"], published.Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)).Select(file => file.Replace('\\', '/')));
        Assert.Contains("1 claims", output, StringComparison.Ordinal);

        var (none, _, says) = await _clone.InvokeAsync("publish", "--only", "01");
        Assert.Equal(ExitCodes.BadInput, none);
        Assert.Contains("holds nothing to publish", says, StringComparison.Ordinal);

        void Write(string relative, string text)
        {
            var path = Path.Combine(local, relative);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
    }
}
