using System.Reflection;
using System.Text.Json.Nodes;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>The packages that this very build is made of: what <c>#r "nuget: ClipTransfer.*"</c> is served from.</summary>
/// <remarks>Read from the program's <c>.deps.json</c>, so that a cell sees what it would see through the packed package: the library and what it depends on.</remarks>
public sealed class BuildPackages
{
    private readonly Dictionary<string, Library> _libraries = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _loadable = new(StringComparer.OrdinalIgnoreCase);

    private BuildPackages()
    {
    }

    /// <summary>The assemblies of .NET itself.</summary>
    public IReadOnlyList<string> Framework { get; private init; } = [];

    /// <summary>Reads the running program's own description.</summary>
    /// <exception cref="InputException">The description is missing.</exception>
    public static BuildPackages Read()
    {
        var files = AppContext.GetData("APP_CONTEXT_DEPS_FILES") as string ?? "";
        var description = files.Split(';', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(file => Path.GetDirectoryName(file) == AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar))
            ?? files.Split(';', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        if (description is null || !File.Exists(description))
            throw new InputException(AppContext.BaseDirectory, "the program's .deps.json is missing", "Build it again");
        var trusted = (AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return Create(JsonNode.Parse(File.ReadAllText(description))!, trusted);
    }

    /// <summary>Whether a package of this name is one of ours, served from the build.</summary>
    public static bool Serves(string package) =>
        package.Equals("ClipTransfer", StringComparison.OrdinalIgnoreCase) || package.StartsWith("ClipTransfer.", StringComparison.OrdinalIgnoreCase);

    /// <summary>A package of ours with everything it depends on.</summary>
    /// <exception cref="InputException">This build has no such package, or another version of it.</exception>
    public PackageAssets Resolve(PackageReference package)
    {
        var place = $"#r \"nuget: {package.Name}, {package.Version}\"";
        if (!_libraries.TryGetValue(package.Name, out var wanted) || wanted.Assemblies.Count == 0)
            throw new InputException(place, "this build holds no such package", $"It has {string.Join(", ", _libraries.Keys.Where(Serves).Order(StringComparer.Ordinal))}");
        if (wanted.Version != package.Version)
            throw new InputException(place, $"this build is version {wanted.Version}", "Write that version, or check out the other one");

        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var assemblies = new List<string>();
        Visit(package.Name);
        return new PackageAssets(assemblies, [], []);

        void Visit(string name)
        {
            if (!seen.Add(name) || !_libraries.TryGetValue(name, out var library)) return;
            assemblies.AddRange(library.Assemblies);
            foreach (var dependency in library.Dependencies) Visit(dependency);
        }
    }

    /// <summary>The version of a package that this build is made of; null if it is not.</summary>
    public string? PackageVersion(string package) => _libraries.TryGetValue(package, out var library) ? library.Version : null;

    /// <summary>The version of an assembly that this program brings and would load first; null if it brings none of this name.</summary>
    public Version? LoadableVersion(string simpleName) =>
        _loadable.TryGetValue(simpleName, out var file) ? AssemblyName.GetAssemblyName(file).Version : null;

    private static BuildPackages Create(JsonNode description, string[] trusted)
    {
        var byFile = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var path in trusted) byFile.TryAdd(Path.GetFileName(path), path);

        var own = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var libraries = new List<(string Name, Library Library)>();
        var target = description["runtimeTarget"]?["name"]?.GetValue<string>() ?? "";
        foreach (var (key, value) in description["targets"]?[target]?.AsObject() ?? [])
        {
            var (name, version) = key.Split('/') is [var left, var right] ? (left, right) : (key, "");
            // A self-contained program lists .NET itself as a package of this name.
            if (name.StartsWith("runtimepack.", StringComparison.Ordinal)) continue;
            var files = (value?["runtime"]?.AsObject() ?? []).Select(file => Path.GetFileName(file.Key)).ToArray();
            own.UnionWith(files);
            libraries.Add((name, new Library(
                version,
                [.. (value?["dependencies"]?.AsObject() ?? []).Select(dependency => dependency.Key)],
                [.. files.Where(byFile.ContainsKey).Select(file => byFile[file])])));
        }

        var packages = new BuildPackages { Framework = [.. byFile.Where(pair => !own.Contains(pair.Key)).Select(pair => pair.Value)] };
        foreach (var (name, library) in libraries) packages._libraries[name] = library;
        foreach (var (file, path) in byFile) packages._loadable[Path.GetFileNameWithoutExtension(file)] = path;
        return packages;
    }

    private sealed record Library(string Version, IReadOnlyList<string> Dependencies, IReadOnlyList<string> Assemblies);
}
