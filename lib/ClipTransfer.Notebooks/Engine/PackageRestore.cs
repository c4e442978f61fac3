using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>Fetches packages with everything they depend on, as a project would: by <c>dotnet restore</c> of a generated project.</summary>
/// <remarks>
/// So the user's and the repository's nuget.config, NUGET_PACKAGES, credentials and mirrors hold, and NuGet itself chooses versions and
/// native files. The outcome (project.assets.json) is kept in the user's cache and used again as long as the packages are there.
/// </remarks>
public sealed partial class PackageRestore
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(30);

    /// <summary>The framework that notebooks run on, for example <c>net10.0</c>.</summary>
    private static readonly string _framework = string.Create(CultureInfo.InvariantCulture, $"net{Environment.Version.Major}.0");

    private readonly string _configFolder;
    private readonly string _cache;

    /// <summary>Restores as a project in a folder would.</summary>
    /// <param name="configFolder">Where the search for nuget.config starts: the notebook's folder.</param>
    /// <param name="cache">Where outcomes are kept; null is the user's cache folder.</param>
    public PackageRestore(string configFolder, string? cache = null)
    {
        _configFolder = Path.GetFullPath(configFolder);
        _cache = cache ?? UserCache.Folder("notebook-packages");
    }

    /// <summary>Fetches packages, or finds them fetched.</summary>
    /// <exception cref="InputException">A package or version does not exist, or no source answers.</exception>
    public async Task<PackageAssets> RestoreAsync(IReadOnlyCollection<PackageReference> packages, CancellationToken cancellation)
    {
        var project = Project(packages);
        var folder = Path.Combine(_cache, Key(project));
        var assets = Path.Combine(folder, "obj", "project.assets.json");
        if (Read(assets) is { } kept) return kept;

        Directory.CreateDirectory(folder);
        // Two notebooks may ask for the same packages at once: the second waits and finds them.
        using (await LockAsync(Path.Combine(folder, "lock"), cancellation).ConfigureAwait(false))
        {
            if (Read(assets) is { } meanwhile) return meanwhile;
            // A cache folder inside someone's repository must not inherit that repository's settings.
            foreach (var file in new[] { "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props" })
                AtomicFile.WriteText(Path.Combine(folder, file), "<Project />\n");
            AtomicFile.WriteText(Path.Combine(folder, "notebook.csproj"), project);
            // A damaged outcome would stop NuGet itself.
            if (File.Exists(assets)) File.Delete(assets);
            await RunAsync(folder, packages, cancellation).ConfigureAwait(false);
        }

        return Read(assets) ?? throw new InputException(assets, "lacks what was asked for, although the restore went well", "Delete the folder and try again");
    }

    private string Key(string project)
    {
        var packageFolder = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? "";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{project}\n{_configFolder}\n{packageFolder}")))[..16];
    }

    private static string Project(IEnumerable<PackageReference> packages)
    {
        var references = packages
            .Select(package => $"""    <PackageReference Include="{package.Name}" Version="{package.Version}" />""")
            .Order(StringComparer.OrdinalIgnoreCase);
        return $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>{_framework}</TargetFramework>
                <RuntimeIdentifier>{RuntimeInformation.RuntimeIdentifier}</RuntimeIdentifier>
                <SelfContained>false</SelfContained>
                <UseAppHost>false</UseAppHost>
                <NuGetAudit>false</NuGetAudit>
                <ManagePackageVersionsCentrally>false</ManagePackageVersionsCentrally>
              </PropertyGroup>
              <ItemGroup>
            {string.Join('\n', references)}
              </ItemGroup>
            </Project>

            """;
    }

    private async Task RunAsync(string folder, IReadOnlyCollection<PackageReference> packages, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(_patience);
        var (code, text) = await DotnetHost.RunAsync(
            folder, patience.Token, "restore", "notebook.csproj", "--force", "-v:q", "--nologo", $"-p:RestoreRootConfigDirectory={_configFolder}").ConfigureAwait(false);
        if (code != 0) throw Failure(text, packages);
    }

    private static InputException Failure(string output, IReadOnlyCollection<PackageReference> packages)
    {
        var messages = ErrorLine().Matches(output).Select(match => $"{match.Groups["message"].Value.Trim().TrimEnd('.')} ({match.Groups["code"].Value})").Distinct().ToArray();
        var message = messages.Length > 0 ? string.Join("; ", messages) : output.Trim().ReplaceLineEndings(" ");
        var asked = string.Join(", ", packages.Select(package => $"#r \"nuget: {package.Name}, {package.Version}\""));
        return new InputException(asked, message, "Check name and version, the network, and the sources in nuget.config");
    }

    /// <summary>Reads what NuGet chose; null if it is not there or a package was deleted since.</summary>
    private static PackageAssets? Read(string path)
    {
        if (!File.Exists(path)) return null;
        JsonNode root;
        try
        {
            root = JsonNode.Parse(File.ReadAllText(path))!;
        }
        catch (JsonException)
        {
            return null;
        }

        var roots = (root["packageFolders"]?.AsObject() ?? []).Select(folder => folder.Key).ToArray();
        var target = (root["targets"]?.AsObject() ?? []).FirstOrDefault(entry => entry.Key.Contains('/', StringComparison.Ordinal)).Value?.AsObject();
        if (target is null) return null;

        var (compile, runtime, native) = (new List<string>(), new List<string>(), new List<string>());
        foreach (var (key, library) in target)
        {
            if (library?["type"]?.GetValue<string>() != "package") continue;
            var relative = root["libraries"]?[key]?["path"]?.GetValue<string>() ?? "";
            var folder = roots.Select(packages => Path.Combine(packages, relative)).FirstOrDefault(Directory.Exists);
            if (folder is null) return null;
            if (!Collect("compile", compile, ".dll") || !Collect("runtime", runtime, ".dll") || !Collect("native", native, "")) return null;

            bool Collect(string kind, List<string> files, string extension)
            {
                foreach (var (file, _) in library[kind]?.AsObject() ?? [])
                {
                    if (file.EndsWith("/_._", StringComparison.Ordinal) || !file.EndsWith(extension, StringComparison.OrdinalIgnoreCase)) continue;
                    var full = Path.GetFullPath(Path.Combine(folder, file));
                    if (!File.Exists(full)) return false;
                    files.Add(full);
                }

                return true;
            }
        }

        return new PackageAssets(compile, runtime, native);
    }

    private static async Task<FileStream> LockAsync(string path, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(200, cancellation).ConfigureAwait(false);
            }
        }
    }

    [GeneratedRegex(@"error (?<code>[A-Z]+[0-9]+)\s*:\s*(?<message>[^\r\n\[]+)")]
    private static partial Regex ErrorLine();
}
