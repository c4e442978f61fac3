using System.Diagnostics;
using System.Xml.Linq;
using ClipTransfer.Notebooks;
using ClipTransfer.Notebooks.Engine;

namespace ClipTransfer.Tests.Notebooks;

/// <summary>
/// The whole way of another notebook engine: <c>setup</c> in a fresh clone, the packages restored into a package folder of its own, a figure and a tensor
/// in a script host that ships an older FSharp.Core, as .NET Interactive does.
/// </summary>
public sealed class SetupTests : IDisposable
{
    private const string PackageVariable = "NUGET_PACKAGES";

    private readonly TemporaryFolder _folder = new();
    private readonly string? _before = Environment.GetEnvironmentVariable(PackageVariable);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(PackageVariable, _before);
        _folder.Dispose();
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task A_packed_library_draws_and_computes_in_an_engine_with_an_older_FSharp()
    {
        if (!OperatingSystem.IsLinux()) return; // links to a package folder, and one system's libtorch
        var clone = _folder.File("clone");
        CopySources(CloneFixture.Real.Root, clone);
        var packages = await MovedPackagesAsync();
        Environment.SetEnvironmentVariable(PackageVariable, packages);
        var stale = Path.Combine(packages, "cliptransfer.plots", "0.1.0", "stale");
        Directory.CreateDirectory(stale);

        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = await CommandLine.InvokeAsync(["setup"], clone, output, errors);
        Assert.True(code == 0, output.ToString() + errors);
        Assert.False(Directory.Exists(stale));
        Assert.Equal(["ClipTransfer.0.1.0.nupkg", "ClipTransfer.Plots.0.1.0.nupkg"], Directory.EnumerateFiles(Path.Combine(clone, "lib", "feed"), "*.nupkg").Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal));

        // From notebooks/ the nuget.config at the root is found, and its relative feed.
        var restored = await new PackageRestore(Path.Combine(clone, "notebooks"), _folder.File("cache")).RestoreAsync([new PackageReference("ClipTransfer.Plots", "0.1.0", 1)], CancellationToken.None);
        Assert.All(restored.Runtime, file => Assert.StartsWith(packages, file, StringComparison.Ordinal));
        Assert.Contains(restored.Runtime, file => Path.GetFileName(file) == "ClipTransfer.Plots.dll");

        var host = await BuildHostAsync(restored);
        var with = await RunAsync("dotnet", host, Path.Combine(clone, "notebooks", "setup.cs"), _folder.File("references.txt"));
        Assert.True(with.Code == 0, with.Text);
        Assert.Contains("engine FSharp.Core 10.0", with.Text, StringComparison.Ordinal);
        Assert.Contains("figure FSharp.Core 10.1", with.Text, StringComparison.Ordinal);
        Assert.Contains("html with plotly data", with.Text, StringComparison.Ordinal);
        Assert.Contains("sum 6", with.Text, StringComparison.Ordinal);
        Assert.Contains($"libtorch {packages}", with.Text, StringComparison.Ordinal);

        var without = await RunAsync("dotnet", host, "-", _folder.File("references.txt"));
        Assert.NotEqual(0, without.Code);
        Assert.Contains("FSharp.Core, Version=10.1", without.Text, StringComparison.Ordinal);
    }

    private static void CopySources(string from, string to)
    {
        foreach (var file in new[] { "Directory.Build.props", "Directory.Packages.props", "global.json", "nuget.config", ".editorconfig", "ClipTransfer.slnx" })
        {
            Directory.CreateDirectory(to);
            File.Copy(Path.Combine(from, file), Path.Combine(to, file));
        }

        foreach (var folder in new[] { "notebooks", "datasets", "results", "lib/feed", "lib/ClipTransfer", "lib/ClipTransfer.Plots" })
        {
            var source = Path.Combine(from, folder);
            Directory.CreateDirectory(Path.Combine(to, folder));
            foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
            {
                var relative = Path.GetRelativePath(source, file);
                if (relative.Split('/')[0] is "bin" or "obj" or "local" || (folder is "datasets" or "results" && Path.GetExtension(file) != ".json") || file.EndsWith(".nupkg", StringComparison.Ordinal)) continue;
                var target = Path.Combine(to, folder, relative);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target);
            }
        }
    }

    /// <summary>A package folder elsewhere, with what is unpacked already as links, so that half a gigabyte of libtorch is not fetched again.</summary>
    private async Task<string> MovedPackagesAsync()
    {
        var (_, text) = await RunAsync("dotnet", "nuget", "locals", "global-packages", "--list");
        var global = text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        var moved = _folder.File("packages");
        var (code, says) = await RunAsync("cp", "-al", global, moved);
        if (code != 0) (code, says) = await RunAsync("cp", "-a", global, moved);
        Assert.True(code == 0, says);
        foreach (var ours in Directory.EnumerateDirectories(moved, "cliptransfer*")) Directory.Delete(ours, recursive: true);
        return moved;
    }

    /// <summary>A script host with Roslyn and FSharp.Core 10.0 of its own, which loads packages as .NET Interactive does: by a handler of the default load context.</summary>
    private async Task<string> BuildHostAsync(PackageAssets restored)
    {
        var folder = _folder.File("host");
        Directory.CreateDirectory(folder);
        await File.WriteAllLinesAsync(_folder.File("references.txt"), restored.Runtime);
        var versions = XDocument.Load(Path.Combine(CloneFixture.Real.Root, "Directory.Packages.props"));
        var roslyn = versions.Descendants("PackageVersion").Single(package => package.Attribute("Include")!.Value == "Microsoft.CodeAnalysis.CSharp.Scripting").Attribute("Version")!.Value;
        await File.WriteAllTextAsync(Path.Combine(folder, "host.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <UseAppHost>false</UseAppHost>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Microsoft.CodeAnalysis.CSharp.Scripting" Version="{roslyn}" />
                <PackageReference Include="FSharp.Core" Version="10.0.115" />
              </ItemGroup>
            </Project>
            """);
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), """"
            using System.Runtime.Loader;
            using Microsoft.CodeAnalysis;
            using Microsoft.CodeAnalysis.CSharp.Scripting;
            using Microsoft.CodeAnalysis.Scripting;

            Console.WriteLine($"engine FSharp.Core {typeof(Microsoft.FSharp.Core.Unit).Assembly.GetName().Version}");
            var framework = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Where(file => Path.GetFileName(file).StartsWith("System."));
            var options = ScriptOptions.Default.AddReferences(framework.Select(file => MetadataReference.CreateFromFile(file))).AddImports("System", "System.Collections.Generic", "System.Linq", "System.Text", "System.Threading.Tasks");
            var state = await CSharpScript.RunAsync(args[0] == "-" ? "" : File.ReadAllText(args[0]), options);

            // As `#r "nuget: …"` does it: after setup.cs.
            var files = File.ReadAllLines(args[1]);
            AssemblyLoadContext.Default.Resolving += (context, name) =>
                files.FirstOrDefault(file => Path.GetFileNameWithoutExtension(file) == name.Name) is { } file ? context.LoadFromAssemblyPath(file) : null;
            options = options.AddReferences(files.Select(file => MetadataReference.CreateFromFile(file)));
            foreach (var cell in new[]
            {
                """
                using ClipTransfer.Plots;
                using ClipTransfer.Runtime;
                var figure = Plot.Lines("Title", new Axis("x"), new Axis("y"), [new Series("s", [1, 2], [3, 4])], "A caption.");
                var html = figure.ToHtml();
                Console.WriteLine(html.Contains("<svg") || html.Contains("\"data\"") || html.Contains("scatter") ? "html with plotly data" : html);
                """,
                """
                var versions = AppDomain.CurrentDomain.GetAssemblies().Select(a => a.GetName()).Where(n => n.Name == "FSharp.Core").Select(n => n.Version).Max();
                Console.WriteLine($"figure FSharp.Core {versions}");
                """,
                """
                TorchRuntime.Initialize("cpu");
                var mapped = System.IO.File.ReadLines("/proc/self/maps").First(line => line.EndsWith("/libtorch_cpu.so"));
                Console.WriteLine($"libtorch {mapped[mapped.IndexOf('/')..]}");
                Console.WriteLine($"sum {TorchSharp.torch.ones(2, 3).sum().item<float>()}");
                """,
            })
            {
                state = await state.ContinueWithAsync(cell, options);
            }
            """");
        var (code, text) = await RunAsync("dotnet", "build", folder, "-v:q", "--nologo");
        Assert.True(code == 0, text);
        return Directory.EnumerateFiles(Path.Combine(folder, "bin"), "host.dll", SearchOption.AllDirectories).Single();
    }

    private static async Task<(int Code, string Text)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }
}
