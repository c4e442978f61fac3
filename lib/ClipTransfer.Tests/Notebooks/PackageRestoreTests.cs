using ClipTransfer.Notebooks;
using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Notebooks.Engine;
using ClipTransfer.Runtime;

namespace ClipTransfer.Tests.Notebooks;

/// <summary>Packages that are not ours come from where NuGet gets them.</summary>
public sealed class PackageRestoreTests : IDisposable
{
    private readonly CloneFixture _clone = new();

    public void Dispose() => _clone.Dispose();

    [Fact]
    public void This_build_serves_its_own_packages_with_all_they_depend_on()
    {
        var build = BuildPackages.Read();
        var plots = build.Resolve(new PackageReference("ClipTransfer.Plots", "0.1.0", 1)).Compile.Select(Path.GetFileName).ToArray();
        foreach (var file in new[] { "ClipTransfer.Plots.dll", "ClipTransfer.dll", "TorchSharp.dll", "Plotly.NET.dll", "FSharp.Core.dll", "SkiaSharp.dll" }) Assert.Contains(file, plots);
        // What only the command line needs is not seen by a cell, as it would not be through the package.
        Assert.DoesNotContain("System.CommandLine.dll", plots);
        Assert.DoesNotContain("Microsoft.CodeAnalysis.dll", plots);
        Assert.DoesNotContain("Plotly.NET.dll", build.Resolve(new PackageReference("ClipTransfer", "0.1.0", 1)).Compile.Select(Path.GetFileName));
        Assert.Contains(build.Framework, file => Path.GetFileName(file) == "System.Linq.dll");
        Assert.DoesNotContain(build.Framework, file => Path.GetFileName(file) == "TorchSharp.dll");
    }

    [Theory]
    [InlineData("ClipTransfer.Plots", "9.9.9", "this build is version 0.1.0")]
    [InlineData("ClipTransfer.Nothing", "0.1.0", "this build holds no such package. It has ClipTransfer, ")]
    public void A_package_of_ours_that_this_build_lacks_is_refused(string name, string version, string says)
    {
        var error = Assert.Throws<InputException>(() => BuildPackages.Read().Resolve(new PackageReference(name, version, 1)));
        Assert.StartsWith($"#r \"nuget: {name}, {version}\": ", error.Message, StringComparison.Ordinal);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task Real_packages_come_with_what_they_depend_on_and_their_native_libraries()
    {
        // Humanizer: managed and transitive; SQLite: a native library that only its package brings; both after our own package in one notebook.
        _clone.WriteNotebook("01-packages",
            "#r \"nuget: ClipTransfer, 0.1.0\"",
            "#r \"nuget: Humanizer.Core, 3.0.10\"\n#r \"nuget: Microsoft.Data.Sqlite, 10.0.12\"\nusing Humanizer;\n\"some_words_here\".Humanize()",
            "using Microsoft.Data.Sqlite;\nvar connection = new SqliteConnection(\"Data Source=:memory:\");\nconnection.Open();\nvar command = connection.CreateCommand();\ncommand.CommandText = \"select 6 * 7\";\ncommand.ExecuteScalar()",
            "#r \"nuget: Humanizer.Core, 3.0.1\"");
        var (code, output, _) = await _clone.InvokeAsync();
        Assert.Equal(ExitCodes.Failure, code);
        var cells = _clone.ExecutedCode("01-packages");
        Assert.Equal("some words here", Text(cells[1]));
        Assert.Equal("42", Text(cells[2]));
        Assert.Contains("version 3.0.10 is already loaded", output, StringComparison.Ordinal);

        static string? Text(NotebookCell cell) => cell.Outputs.OfType<DisplayOutput>().Single().Text("text/plain");
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task A_package_that_does_not_exist_or_does_not_fit_is_one_clear_line()
    {
        _clone.WriteNotebook("01-missing", "#r \"nuget: No.Such.Package.Of.ClipTransfer, 1.0.0\"");
        _clone.WriteNotebook("02-newer", "#r \"nuget: FSharp.Core, 11.0.101\"");
        var (code, output, _) = await _clone.InvokeAsync();
        Assert.Equal(ExitCodes.Failure, code);
        var lines = output.Split('\n');
        Assert.Contains(lines, line => line.Contains("  01-missing", StringComparison.Ordinal) && line.Contains("No.Such.Package.Of.ClipTransfer", StringComparison.Ordinal) && line.Contains("(NU1101)", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("  02-newer", StringComparison.Ordinal) && line.Contains("the notebook runner itself brings version", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task A_kept_outcome_is_used_again_until_a_package_is_gone()
    {
        using var folder = new TemporaryFolder();
        var restore = new PackageRestore(CloneFixture.Real.Notebooks, folder.File("cache"));
        PackageReference[] packages = [new("Humanizer.Core", "3.0.10", 1)];
        var first = await restore.RestoreAsync(packages, CancellationToken.None);
        Assert.EndsWith("Humanizer.dll", Assert.Single(first.Runtime), StringComparison.Ordinal);
        var outcome = Directory.EnumerateFiles(folder.Path, "project.assets.json", SearchOption.AllDirectories).Single();
        var written = File.GetLastWriteTimeUtc(outcome);
        Assert.Equal(first.Runtime, (await restore.RestoreAsync(packages, CancellationToken.None)).Runtime);
        Assert.Equal(written, File.GetLastWriteTimeUtc(outcome));

        // A damaged outcome is made anew, not believed.
        await File.WriteAllTextAsync(outcome, "{");
        Assert.Equal(first.Runtime, (await restore.RestoreAsync(packages, CancellationToken.None)).Runtime);
    }
}
