using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ClipTransfer.Runtime;

/// <summary>Finds libtorch and TorchSharp's own native library and loads them by full path, before TorchSharp looks for them.</summary>
/// <remarks>
/// Loading by full path also keeps a system libtorch (Debian's python3-torch) out, and spares the half-gigabyte copy that
/// TorchSharp makes beside its DLL inside a notebook. Only Linux needs this; elsewhere TorchSharp's own loading works.
/// </remarks>
internal static class NativeLibraries
{
    /// <summary>Names a folder with a libtorch of the user's own: a libtorch folder, its <c>lib</c>, or a Python <c>torch</c> package.</summary>
    public const string LibTorchVariable = "CLIPTRANSFER_LIBTORCH";

    private const string NewSymbolVersion = "GLIBCXX_3.4.32";

    /// <summary>Loads everything; returns what was loaded, in order.</summary>
    /// <exception cref="InputException">A library is missing or does not load: says what was found and what to do.</exception>
    public static IReadOnlyList<string> Preload()
    {
        if (!OperatingSystem.IsLinux()) return [];
        var torchFolder = FindLibTorch();
        var shim = FindShim();
        var loaded = new List<string>();
        string[] order =
        [
            .. Directory.EnumerateFiles(torchFolder, "libgomp-*.so*").Order(StringComparer.Ordinal),
            Path.Combine(torchFolder, "libc10.so"),
            Path.Combine(torchFolder, "libc10_cuda.so"),
            Path.Combine(torchFolder, "libtorch_cpu.so"),
            Path.Combine(torchFolder, "libtorch_cuda.so"),
            Path.Combine(torchFolder, "libtorch.so"),
        ];
        foreach (var library in order.Where(File.Exists)) Load(library, loaded);
        Load(SystemLacksNewSymbols() ? PatchedCopy(shim) : shim, loaded);
        return loaded;
    }

    private static void Load(string library, List<string> loaded)
    {
        try
        {
            NativeLibrary.Load(library);
            loaded.Add(library);
        }
        catch (DllNotFoundException error)
        {
            var before = loaded.Count == 0 ? "nothing was loaded before it" : $"loaded before it: {string.Join(", ", loaded.Select(Path.GetFileName))}";
            throw new InputException(library, $"the system's loader refused it ({error.Message.ReplaceLineEndings(" ").TrimEnd('.')}); {before}",
                $"Run `ldd {library}` to see what it lacks; {LibTorchVariable} can name another libtorch 2.10 folder (see environment.md)", error);
        }
    }

    private static string FindLibTorch()
    {
        if (Environment.GetEnvironmentVariable(LibTorchVariable) is { Length: > 0 } named)
        {
            string[] layouts = [named, Path.Combine(named, "lib"), Path.Combine(named, "torch", "lib")];
            return layouts.FirstOrDefault(HasLibTorch) ?? throw new InputException($"{LibTorchVariable}={named}",
                "no libtorch_cpu.so there, nor in its lib or torch/lib", "Name a libtorch folder or the site-packages folder of a Python install with PyTorch 2.10");
        }

        var searched = NativeFolders("libtorch-cpu-linux-x64").ToArray();
        return searched.FirstOrDefault(HasLibTorch) ?? throw new InputException("libtorch",
            $"libtorch_cpu.so was not found in {string.Join(", ", searched)}",
            $"Run `dotnet restore`, or let {LibTorchVariable} name a libtorch 2.10 folder (see environment.md)");

        static bool HasLibTorch(string folder) => File.Exists(Path.Combine(folder, "libtorch_cpu.so"));
    }

    private static string FindShim()
    {
        var searched = NativeFolders("torchsharp").Select(folder => Path.Combine(folder, "libLibTorchSharp.so")).ToArray();
        return searched.FirstOrDefault(File.Exists) ?? throw new InputException("TorchSharp",
            $"libLibTorchSharp.so was not found in {string.Join(", ", searched)}", "Run `dotnet restore` again");
    }

    /// <summary>Where a package's native files may lie: beside the program, or in the package folder that TorchSharp itself came from.</summary>
    private static IEnumerable<string> NativeFolders(string package)
    {
        var native = Path.Combine("runtimes", $"linux-{RuntimeInformation.ProcessArchitecture}".ToLowerInvariant(), "native");
        var torchSharp = Path.GetDirectoryName(Assembly.Load("TorchSharp").Location) ?? AppContext.BaseDirectory;
        string[] besides = [AppContext.BaseDirectory, torchSharp];
        foreach (var folder in besides.Distinct(StringComparer.Ordinal))
        {
            yield return Path.Combine(folder, native);
            yield return folder;
        }

        // <packages>/torchsharp/<version>/lib/<framework>/TorchSharp.dll, where a notebook engine loads it from
        var packages = Path.GetFullPath(Path.Combine(torchSharp, "..", "..", "..", ".."));
        foreach (var root in new[] { packages, Environment.GetEnvironmentVariable("NUGET_PACKAGES"), UserPackages() })
        {
            if (root is null || !Directory.Exists(Path.Combine(root, package))) continue;
            foreach (var version in Directory.EnumerateDirectories(Path.Combine(root, package)).OrderDescending(StringComparer.Ordinal))
                yield return Path.Combine(version, native);
        }

        static string UserPackages() => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
    }

    /// <summary>Whether the system's libstdc++ is older than GCC 13: asked of the very library that the loader would take.</summary>
    private static bool SystemLacksNewSymbols()
    {
        if (!NativeLibrary.TryLoad("libstdc++.so.6", out var handle)) return false;
        // The version's one symbol; present from GCC 13.1 on.
        return !NativeLibrary.TryGetExport(handle, "_ZSt21ios_base_library_initv", out _);
    }

    /// <summary>A private copy of the shim whose need of the new version is weak, in the user's cache; safe when two processes make it at once.</summary>
    private static string PatchedCopy(string shim)
    {
        var bytes = File.ReadAllBytes(shim);
        var key = Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];
        var folder = Path.Combine(CacheFolder(), "native", key);
        var copy = Path.Combine(folder, "libLibTorchSharp.so");
        if (ElfVersionPatch.MakeWeak(bytes, NewSymbolVersion) == 0) return shim;
        if (!File.Exists(copy) || !File.ReadAllBytes(copy).AsSpan().SequenceEqual(bytes))
            AtomicFile.Write(copy, stream => stream.Write(bytes));
        return copy;
    }

    /// <summary>The user's cache folder of this project: <c>$XDG_CACHE_HOME/cliptransfer</c>, or the system's usual place.</summary>
    public static string CacheFolder()
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } named
            ? named
            : OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()
                ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(cache.Length > 0 ? cache : Path.GetTempPath(), "cliptransfer");
    }
}
