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

    /// <summary>Loads everything; returns the version of libtorch and where it came from.</summary>
    /// <exception cref="InputException">A library is missing or does not load: says what was found and what to do.</exception>
    public static string Preload()
    {
        var wanted = LibTorchVersion.Wanted;
        if (!OperatingSystem.IsLinux()) return $"{wanted}, as TorchSharp loads it";
        var torchFolder = FindLibTorch();
        var own = Environment.GetEnvironmentVariable(LibTorchVariable) is { Length: > 0 };
        var found = own ? LibTorchVersion.Of(torchFolder) : wanted;
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
        foreach (var library in order.Where(File.Exists)) Load(library, loaded, $"libtorch {found}");
        // All symbols at once: the shim belongs to one minor version of libtorch, and with another it would
        // start well and die at the first call that the other lacks.
        Load(SystemLacksNewSymbols() ? PatchedCopy(shim) : shim, loaded, $"it was built for libtorch {wanted}, found was {found} in {torchFolder}");
        return own ? $"{found}, named by {LibTorchVariable}" : found;
    }

    private static void Load(string library, List<string> loaded, string version)
    {
        if (LoaderError(library) is not { } error)
        {
            loaded.Add(Path.GetFileName(library));
            return;
        }

        var before = loaded.Count == 0 ? "nothing was loaded before it" : $"loaded before it: {string.Join(", ", loaded)}";
        throw new InputException(library, $"the system's loader refused it: {error.Trim().TrimEnd('.')} ({version}; {before})",
            $"Run `ldd {library}` to see what it lacks; {LibTorchVariable} can name another folder with libtorch {LibTorchVersion.Wanted} (see environment.md)");
    }

    /// <summary>Loads one library with every symbol resolved (RTLD_NOW), visible to the next; null, or the loader's own words.</summary>
    private static string? LoaderError(string library)
    {
        const int Now = 0x2, Global = 0x100; // RTLD_NOW, RTLD_GLOBAL of glibc
        try
        {
            // Binding the second call would clear the first one's error: bind it before.
            DlError();
            return DlOpen(library, Now | Global) != 0 ? null : Marshal.PtrToStringUTF8(DlError()) ?? "no reason given";
        }
        catch (EntryPointNotFoundException)
        {
            // glibc before 2.34 has dlopen elsewhere; .NET's own call finds it, though it binds late.
            return NativeLibrary.TryLoad(library, out _) ? null : "no reason given";
        }
    }

    [DllImport("libc.so.6", EntryPoint = "dlopen")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint DlOpen([MarshalAs(UnmanagedType.LPUTF8Str)] string file, int flags);

    [DllImport("libc.so.6", EntryPoint = "dlerror")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint DlError();

    private static string FindLibTorch()
    {
        if (Environment.GetEnvironmentVariable(LibTorchVariable) is { Length: > 0 } named)
        {
            // TorchSharp would load the copy beside the program too, and two libtorch in one process abort.
            if (NativeFolders("").FirstOrDefault(HasLibTorch) is { } beside)
                throw new InputException($"{LibTorchVariable}={named}", $"this program was built with a libtorch of its own, in {beside}",
                    $"Build it again with the variable set (`dotnet run reproduce.cs` does so by itself), or with -p:TorchBackend=external");
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
    /// <param name="package">The package in lower case; empty for the folders beside the program alone.</param>
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
        if (package.Length == 0) yield break;
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
        var folder = Path.Combine(UserCache.Folder("native"), key);
        var copy = Path.Combine(folder, "libLibTorchSharp.so");
        if (ElfVersionPatch.MakeWeak(bytes, NewSymbolVersion) == 0) return shim;
        if (!File.Exists(copy) || !File.ReadAllBytes(copy).AsSpan().SequenceEqual(bytes))
            AtomicFile.Write(copy, stream => stream.Write(bytes));
        return copy;
    }
}
