using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>Lets the process find the assemblies and native libraries of packages that were fetched while it runs.</summary>
internal sealed class PackageLoader
{
    private readonly Dictionary<string, string> _assemblies = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _native = new(StringComparer.Ordinal);
    private readonly BuildPackages _build;

    public PackageLoader(BuildPackages build)
    {
        _build = build;
        AssemblyLoadContext.Default.Resolving += (context, name) => Find(_assemblies, name.Name) is { } file ? context.LoadFromAssemblyPath(file) : null;
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => FindNative(name) is { } file && NativeLibrary.TryLoad(file, out var handle) ? handle : 0;
    }

    /// <summary>Makes packages loadable.</summary>
    /// <exception cref="InputException">This program already has an older version of an assembly that is wanted: two cannot live side by side.</exception>
    public void Add(PackageAssets assets)
    {
        foreach (var file in assets.Runtime)
        {
            var name = AssemblyName.GetAssemblyName(file);
            var own = _build.LoadableVersion(name.Name!);
            if (own is null) lock (_assemblies) _assemblies.TryAdd(name.Name!, file);
            else if (own < name.Version)
                throw new InputException(file, $"is version {name.Version}, but the notebook runner itself brings version {own} of {name.Name}", "Ask for a version of the package that fits");
        }

        lock (_native)
        {
            foreach (var file in assets.Native) _native.TryAdd(Path.GetFileName(file), file);
        }
    }

    private string? FindNative(string name) =>
        Find(_native, name) ?? Find(_native, $"{name}.so") ?? Find(_native, $"lib{name}.so")
        ?? Find(_native, $"{name}.dylib") ?? Find(_native, $"lib{name}.dylib") ?? Find(_native, $"{name}.dll");

    private static string? Find(Dictionary<string, string> files, string? name)
    {
        lock (files) return name is not null && files.TryGetValue(name, out var file) ? file : null;
    }
}
