using System.Diagnostics;
using System.Text.Json.Nodes;
using ClipTransfer.Notebooks;
using ClipTransfer.Notebooks.Documents;

namespace ClipTransfer.Tests.Notebooks;

/// <summary>Notebooks run as users run them: by the command line, each in a process of its own.</summary>
public sealed class NotebookRunTests : IDisposable
{
    private readonly CloneFixture _clone = new();

    public void Dispose() => _clone.Dispose();

    [Fact]
    public async Task A_notebook_of_the_portable_subset_runs_and_keeps_what_it_shows()
    {
        _clone.Write("setup.cs", "using System.Globalization;\nclass Greeting { public static string Say() => \"from setup\"; }\nvar greeting = Greeting.Say();\n");
        _clone.WriteNotebook("other", "var other = 40;\n$\"in other: {other}\"", "other += 2;");
        _clone.WriteNotebook("01-all",
            "#!import setup.cs",
            "#r \"nuget: ClipTransfer.Plots, 0.1.0\"",
            "parameters:var profile = \"default\"; var seed = 0; var data = \"\"; var output = \"../results/local\";",
            "#!import other.ipynb",
            "using ClipTransfer.Theory;\nusing TorchSharp;\n(greeting, other, profile, seed, typeof(CultureInfo).Name)",
            "(data, output)",
            "Console.Write(\"a\");\n\"shown\".Display();\nConsole.Write(\"b\");\nawait Task.Run(() => Console.WriteLine(\"c\"));\nfor (var i = 0; i <= 100; i++) Console.Write($\"\\r{i} %\");\nConsole.WriteLine();",
            "#!time\nvar last = new { A = 1 };\nlast",
            "new Card().Display();\nclass Card { public string ToHtml() => \"<b>card</b>\"; }",
            "Console.In.ReadLine() ?? \"no input\"",
            "// nothing",
            "Environment.CurrentDirectory");
        var (code, output, errors) = await _clone.InvokeAsync("--only", "01", "--profile", "quick", "--set", "seed=7", "--data", _clone.Root);
        Assert.Equal("", errors);
        Assert.True(code == 0, output);
        Assert.Contains("ok      01-all", output, StringComparison.Ordinal);
        Assert.Contains("1 of 1 notebooks ran to their end", output, StringComparison.Ordinal);

        var cells = _clone.ExecutedCode("01-all");
        Assert.Equal(["injected-parameters"], cells[3].Tags);
        Assert.Equal(["parameters"], cells[2].Tags);
        Assert.Equal("in other: 40", Shown(cells[4]).Single());
        Assert.Equal("(\"from setup\", 42, \"quick\", 7, \"CultureInfo\")", Shown(cells[5]).Single());
        Assert.Equal($"(\"{_clone.Root}\", \"{Path.Combine(_clone.Root, "results", "local")}\")", Shown(cells[6]).Single());
        Assert.Equal([new StreamOutput("stdout", "a"), null, new StreamOutput("stdout", "bc\n100 %\n")], cells[7].Outputs.Select(part => part as StreamOutput));
        Assert.Equal("shown", Shown(cells[7]).Single());
        Assert.Equal("{ A = 1 }", Shown(cells[8])[0]);
        Assert.StartsWith("Wall time: ", Shown(cells[8])[1], StringComparison.Ordinal);
        Assert.Equal("<b>card</b>", cells[9].Outputs.OfType<DisplayOutput>().Single().Text("text/html"));
        Assert.Equal("no input", Shown(cells[10]).Single());
        Assert.Empty(cells[11].Outputs);
        Assert.Equal(Path.Combine(_clone.Root, "notebooks"), Shown(cells[12]).Single());
        Assert.Equal(Enumerable.Range(1, cells.Count), cells.Select(cell => cell.ExecutionCount!.Value));
        Assert.Equal("Succeeded", _clone.Executed("01-all").Metadata["cliptransfer"]!["status"]!.ToString());

        var (_, list, _) = await _clone.InvokeAsync("list");
        Assert.Contains("01  Title of 01-all\n    ran to its end, ", list, StringComparison.Ordinal);
        AssertValid(Path.Combine(_clone.Root, "results", "local", "01-all.ipynb"));
    }

    [Fact]
    public async Task The_documented_line_makes_a_figure_of_ones_own()
    {
        var guide = await File.ReadAllTextAsync(Path.Combine(CloneFixture.Real.Notebooks, "README.md"));
        var line = guide.Split("```csharp\n")[1].Split('\n')[0];
        _clone.WriteNotebook("01-own", "#r \"nuget: ClipTransfer.Plots, 0.1.0\"", line);
        var (code, output, _) = await _clone.InvokeAsync();
        Assert.True(code == 0, output);
        var html = ((DisplayOutput)_clone.ExecutedCode("01-own")[1].Outputs.Single()).Text("text/html")!;
        var data = JsonNode.Parse(html.Split("class=\"ct-data\">")[1].Split("</script>")[0])!["panels"]![0]!["steps"]![0]!["data"]![0]!;
        Assert.Equal([0.02, 0.19, 1.4], data["y"]!.AsArray().Select(value => value!.GetValue<double>()));
    }

    [Fact]
    public async Task Progress_and_what_is_shown_anew_leave_their_last_state()
    {
        _clone.WriteNotebook("01-progress",
            "#r \"nuget: ClipTransfer, 0.1.0\"\nvar shown = \"before\".Display();",
            "using ClipTransfer.Runtime;\nvar line = new ProgressLine(\"train\", 4, \"pairs\") { Curve = \"loss\" };\nfor (var k = 1; k < 4; k++) { System.Threading.Thread.Sleep(450); line.Report(k, value: 1.0 / k); }\nshown.Update(\"after\");\nline.Finish();\nConsole.WriteLine(\"below\");");
        var (code, output, _) = await _clone.InvokeAsync();
        Assert.True(code == 0, output);
        var cells = _clone.ExecutedCode("01-progress");
        Assert.Equal(["after"], Shown(cells[0]));
        Assert.StartsWith("train 3/4 pairs, ", Assert.Single(Shown(cells[1])), StringComparison.Ordinal);
        Assert.Matches("^<div class=\"ct-progress\">train 3/4 pairs, .* in .*</div>$", ((DisplayOutput)cells[1].Outputs[0]).Text("text/html")!);
        Assert.Equal(new StreamOutput("stdout", "below\n"), cells[1].Outputs[1]);
    }

    [Fact]
    public async Task Each_kind_of_failure_fails_its_notebook_alone_and_says_where()
    {
        _clone.WriteNotebook("01-exception", "Console.WriteLine(\"before\");", "var a = 1;\n\nthrow new InvalidOperationException(\"on purpose\");", "\"never\"");
        _clone.WriteNotebook("02-compile", "var a = 1;\nvar b = missing;");
        _clone.WriteNotebook("03-crash", "Console.WriteLine(\"last words\");\nEnvironment.FailFast(\"gone\");");
        _clone.Write("04-not-json.ipynb", "{ \"cells\": [\n");
        _clone.WriteNotebook("05-import", "#!import missing.cs");
        _clone.WriteNotebook("06-good", "1 + 1");
        var (code, output, _) = await _clone.InvokeAsync();
        Assert.Equal(ExitCodes.Failure, code);
        Assert.Contains("cell 3 line 3: on purpose", Line("01"), StringComparison.Ordinal);
        Assert.Contains("cell 2 line 2: The name 'missing' does not exist", Line("02"), StringComparison.Ordinal);
        Assert.Contains("cell 2 `Console.WriteLine(\"last words\");`: the process died: ", Line("03"), StringComparison.Ordinal);
        Assert.Contains("04-not-json.ipynb line 2: is not JSON", Line("04"), StringComparison.Ordinal);
        Assert.Contains("#!import missing.cs: there is no file", Line("05"), StringComparison.Ordinal);
        Assert.StartsWith("ok      06-good", Line("06"), StringComparison.Ordinal);
        Assert.Contains("1 of 6 notebooks ran to their end", output, StringComparison.Ordinal);

        var exception = _clone.ExecutedCode("01-exception");
        Assert.Equal(new StreamOutput("stdout", "before\n"), exception[0].Outputs.Single());
        var error = Assert.IsType<ErrorOutput>(exception[1].Outputs[0]);
        Assert.Equal("InvalidOperationException", error.Name);
        Assert.Equal(["cell 3 line 3: InvalidOperationException: on purpose", "    throw new InvalidOperationException(\"on purpose\");"], error.Traceback.SkipLast(1));
        Assert.StartsWith("Correct the cell and run it again", error.Traceback[^1], StringComparison.Ordinal);
        var stack = Assert.IsType<DisplayOutput>(Assert.Single(exception[1].Outputs.Skip(1)));
        Assert.StartsWith("<details><summary>Stack trace</summary>", stack.Text("text/html"), StringComparison.Ordinal);
        Assert.Contains("cell 3:line 3", stack.Text("text/plain"), StringComparison.Ordinal);
        Assert.DoesNotContain("ClipTransfer.Notebooks", stack.Text("text/plain"), StringComparison.Ordinal);
        Assert.Empty(exception[2].Outputs);
        Assert.Null(exception[2].ExecutionCount);

        var compile = Assert.IsType<ErrorOutput>(_clone.ExecutedCode("02-compile")[0].Outputs.Single());
        Assert.Equal(["    var b = missing;", "            ^", "Run the cell that declares the name first, or check the spelling."], compile.Traceback.Skip(1));

        var crash = _clone.ExecutedCode("03-crash")[0].Outputs;
        // The two streams come by ways of their own, so their order is open.
        Assert.Contains(new StreamOutput("stdout", "last words\n"), crash);
        Assert.Equal("Crash", Assert.IsType<ErrorOutput>(crash[^1]).Name);
        Assert.False(File.Exists(Path.Combine(_clone.Root, "results", "local", "04-not-json.ipynb")));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(_clone.Root, "results", "local"), "*.ipynb")) AssertValid(file);

        string Line(string number) => output.Split('\n').Single(line => line.Contains($"  {number}-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_time_out_and_an_input_error_are_one_line_each()
    {
        _clone.WriteNotebook("01-input", "#r \"nuget: ClipTransfer, 0.1.0\"", "throw new ClipTransfer.Runtime.InputException(\"captions.txt line 3\", \"expected 'image,caption'\", \"Correct it\");");
        _clone.WriteNotebook("02-slow", "Console.WriteLine(\"waiting\");", "System.Threading.Thread.Sleep(60_000);", "\"never\"");
        var (input, inputOutput, _) = await _clone.InvokeAsync("--only", "01");
        Assert.Equal(ExitCodes.Failure, input);
        Assert.Contains("s  captions.txt line 3: expected 'image,caption'. Correct it.\n", inputOutput, StringComparison.Ordinal);
        Assert.Equal("captions.txt line 3: expected 'image,caption'. Correct it.", Assert.IsType<ErrorOutput>(_clone.ExecutedCode("01-input")[1].Outputs.Single()).Value);

        var (slow, slowOutput, _) = await _clone.InvokeAsync("--only", "02", "--timeout", "2");
        Assert.Equal(ExitCodes.Failure, slow);
        Assert.Contains("cell 3 `System.Threading.Thread.Sleep(60_000);`: still running after 2 s (--timeout)", slowOutput, StringComparison.Ordinal);
        Assert.Equal("TimeOut", Assert.IsType<ErrorOutput>(_clone.ExecutedCode("02-slow")[1].Outputs.Single()).Name);
        Assert.Equal(new StreamOutput("stdout", "waiting\n"), _clone.ExecutedCode("02-slow")[0].Outputs.Single());
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task Native_crashes_of_every_kind_fail_their_notebook_alone()
    {
        _clone.WriteNotebook("01-segfault", "Console.WriteLine(\"before\");\nSystem.Runtime.InteropServices.Marshal.WriteByte((nint)0x7000_0000_0000, 1);");
        _clone.WriteNotebook("02-abort", "using System.Runtime.InteropServices;\n[DllImport(\"libc\")] static extern void abort();\nabort();");
        _clone.WriteNotebook("03-overflow", "int Deep(int n) => n == int.MinValue ? 0 : 1 + Deep(n + 1);\nDeep(0)");
        _clone.WriteNotebook("04-exit", "Environment.Exit(0);");
        _clone.WriteNotebook("05-thread", "new System.Threading.Thread(() => throw new Exception(\"in a thread\")).Start();\nSystem.Threading.Thread.Sleep(20_000);");
        _clone.WriteNotebook("06-good", "1 + 1");
        var (code, output, _) = await _clone.InvokeAsync();
        Assert.Equal(ExitCodes.Failure, code);
        foreach (var number in new[] { "01", "02", "03", "04", "05" })
            Assert.Contains("the process died", output.Split('\n').Single(line => line.Contains($"  {number}-", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("ok      06-good", output, StringComparison.Ordinal);
        Assert.Contains(new StreamOutput("stdout", "before\n"), _clone.ExecutedCode("01-segfault")[0].Outputs);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task A_full_disk_is_one_clear_line_and_leaves_nothing_half_written()
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root") return;
        var disk = Path.Combine(_clone.Root, "disk");
        Directory.CreateDirectory(disk);
        _clone.WriteNotebook("01-large", "Console.WriteLine(new string('y', 400_000));");
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", disk);
        try
        {
            var (code, output, errors) = await _clone.InvokeAsync("--out", disk);
            Assert.Equal(ExitCodes.Failure, code);
            Assert.Equal("", errors);
            Assert.Contains($"{Path.Combine(disk, "01-large.ipynb")}: cannot be written (", output, StringComparison.Ordinal);
            Assert.Contains("No space left", output, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(disk));

            await File.WriteAllBytesAsync(Path.Combine(disk, "filler"), new byte[180_000]);
            var (full, nothing, says) = await _clone.InvokeAsync("--out", disk);
            Assert.Equal(ExitCodes.BadInput, full);
            Assert.StartsWith($"--out {disk}: cannot be written (", says, StringComparison.Ordinal);
            Assert.Empty(nothing);
        }
        finally
        {
            await RunAsync("umount", disk);
        }
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task Ctrl_C_ends_the_children_and_leaves_whole_files()
    {
        if (OperatingSystem.IsWindows()) return;
        _clone.WriteNotebook("01-first", "Console.WriteLine(Environment.ProcessId);\nSystem.IO.File.WriteAllText(\"../pid\", $\"{Environment.ProcessId}\");", "System.Threading.Thread.Sleep(120_000);");
        _clone.WriteNotebook("02-second", "1");
        await File.WriteAllTextAsync(Path.Combine(_clone.Root, "ClipTransfer.slnx"), "");
        // A shell starts background jobs with SIGINT ignored, and programs inherit that: here it must be as at a terminal.
        string[] program = OperatingSystem.IsLinux() ? ["env", "--default-signal=INT", "dotnet"] : ["dotnet"];
        using var process = Process.Start(new ProcessStartInfo(program[0], [.. program[1..], "exec", typeof(CommandLine).Assembly.Location]) { WorkingDirectory = _clone.Root, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var pidFile = Path.Combine(_clone.Root, "pid");
        for (var i = 0; i < 300 && !File.Exists(pidFile); i++) await Task.Delay(200);
        await Task.Delay(500);
        var child = int.Parse(await File.ReadAllTextAsync(pidFile), System.Globalization.CultureInfo.InvariantCulture);
        await RunAsync("kill", "-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(ExitCodes.Interrupted, process.ExitCode);
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(child));
        var output = await process.StandardOutput.ReadToEndAsync();
        Assert.Contains("stopped by the user", output, StringComparison.Ordinal);
        Assert.Equal("Interrupted", _clone.Executed("01-first").Metadata["cliptransfer"]!["status"]!.ToString());
        var files = Directory.EnumerateFiles(Path.Combine(_clone.Root, "results", "local")).Select(Path.GetFileName);
        Assert.DoesNotContain("02-second.ipynb", files);
        Assert.DoesNotContain(files, file => file!.EndsWith(".part", StringComparison.Ordinal));
    }

    private static IReadOnlyList<string> Shown(NotebookCell cell) => [.. cell.Outputs.OfType<DisplayOutput>().Select(output => output.Text("text/plain")!)];

    /// <summary>What nbformat's schema asks of a 4.5 notebook; .ci/run asks nbformat itself.</summary>
    private static void AssertValid(string path)
    {
        var root = JsonNode.Parse(File.ReadAllText(path))!;
        Assert.Equal((4, 5), (root["nbformat"]!.GetValue<int>(), root["nbformat_minor"]!.GetValue<int>()));
        Assert.Equal(["cells", "metadata", "nbformat", "nbformat_minor"], root.AsObject().Select(pair => pair.Key).Order(StringComparer.Ordinal));
        foreach (var cell in root["cells"]!.AsArray())
        {
            var keys = cell!.AsObject().Select(pair => pair.Key).Order(StringComparer.Ordinal);
            Assert.Equal(cell["cell_type"]!.ToString() == "code" ? ["cell_type", "execution_count", "id", "metadata", "outputs", "source"] : ["cell_type", "id", "metadata", "source"], keys);
            Assert.Matches("^[a-zA-Z0-9-_]{1,64}$", cell["id"]!.ToString());
        }
    }

    private static async Task RunAsync(string program, params string[] args)
    {
        using var process = Process.Start(program, args);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
