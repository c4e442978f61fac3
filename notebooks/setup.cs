// What every notebook imports first. It helps notebook engines that ship an older FSharp.Core than Plotly.NET 6 needs
// ("Could not load FSharp.Core 10.1.0.0"); everywhere else it does nothing.
using System.IO;
using System.Reflection;
using System.Runtime.Loader;

PlotLibraries.InstallWhereNeeded();

/// <summary>Loads Plotly.NET, what it needs, and what uses it beside the engine's own FSharp.Core.</summary>
class PlotLibraries : AssemblyLoadContext
{
    static readonly Version Needed = new(10, 1);
    static readonly string[] Names = ["ClipTransfer.Plots", "Plotly.NET", "Plotly.NET.CSharp", "DynamicObj", "Giraffe.ViewEngine", "FSharp.Core"];

    PlotLibraries() : base("plot libraries") { }

    public static void InstallWhereNeeded()
    {
        if (AppContext.GetData("ClipTransfer.PlotLibraries") is not null || EngineVersion() is not { } version || version >= Needed) return;
        var context = new PlotLibraries();
        // Before the first `#r "nuget: …"`, so that this handler is asked before the engine's own.
        Default.Resolving += (_, name) => context.Load(name);
        AppContext.SetData("ClipTransfer.PlotLibraries", context);
    }

    protected override Assembly Load(AssemblyName name)
    {
        if (!Names.Contains(name.Name)) return null; // shared with the engine
        var loaded = Assemblies.FirstOrDefault(assembly => assembly.GetName().Name == name.Name);
        if (loaded is not null) return loaded;
        var wanted = name.Name == "FSharp.Core" ? Needed : name.Version ?? new Version();
        var file = PackageFolders().SelectMany(folder => Files(folder, name.Name)).FirstOrDefault(file => AssemblyName.GetAssemblyName(file).Version >= wanted);
        return file is null ? null : LoadFromAssemblyPath(file);
    }

    /// <summary>The version of FSharp.Core that the engine has loaded or would load; null if it has none.</summary>
    static Version EngineVersion()
    {
        var loaded = AppDomain.CurrentDomain.GetAssemblies().FirstOrDefault(assembly => assembly.GetName().Name == "FSharp.Core");
        if (loaded is not null) return loaded.GetName().Version;
        var trusted = (AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string ?? "").Split(Path.PathSeparator);
        var file = trusted.FirstOrDefault(path => Path.GetFileName(path) == "FSharp.Core.dll");
        return file is null ? null : AssemblyName.GetAssemblyName(file).Version;
    }

    /// <summary>Where packages are unpacked: NUGET_PACKAGES, or where this session's packages came from, or NuGet's usual folder.</summary>
    static IEnumerable<string> PackageFolders()
    {
        var named = Environment.GetEnvironmentVariable("NUGET_PACKAGES");
        if (!string.IsNullOrEmpty(named)) yield return named;
        foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies().Where(assembly => !assembly.IsDynamic && assembly.Location.Length > 0))
        {
            // <packages>/<id>/<version>/lib/<framework>/<file>
            var folder = Path.GetFullPath(Path.Combine(assembly.Location, "..", "..", "..", "..", ".."));
            if (Directory.Exists(Path.Combine(folder, "fsharp.core"))) yield return folder;
        }

        yield return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
    }

    /// <summary>An assembly in all versions of its package, the newest framework and the lowest version first.</summary>
    static IEnumerable<string> Files(string packages, string name)
    {
        var package = Path.Combine(packages, name.ToLowerInvariant());
        if (!Directory.Exists(package)) return [];
        return Directory.EnumerateDirectories(package)
            .OrderBy(folder => Version.TryParse(Path.GetFileName(folder), out var version) ? version : new Version(int.MaxValue, 0))
            .SelectMany(folder => Directory.EnumerateFiles(folder, name + ".dll", SearchOption.AllDirectories)
                .Where(file => file.Contains($"{Path.DirectorySeparatorChar}lib{Path.DirectorySeparatorChar}"))
                .OrderByDescending(file => Path.GetFileName(Path.GetDirectoryName(file)), StringComparer.Ordinal));
    }
}
