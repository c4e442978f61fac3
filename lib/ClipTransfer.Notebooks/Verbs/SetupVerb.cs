using System.CommandLine;
using ClipTransfer.Notebooks.Engine;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Verbs;

/// <summary><c>setup</c>: packs the library for other notebook engines.</summary>
internal static class SetupVerb
{
    private static readonly string[] _packages = ["ClipTransfer", "ClipTransfer.Plots"];
    private static readonly string[] _backends = ["cpu", "cuda-linux", "cuda-windows"];

    /// <summary>The verb with its options.</summary>
    public static Command Create(Repository repository, TextWriter output)
    {
        var backend = new Option<string>("--backend")
        {
            Description = "Which libtorch the packages bring: cpu, cuda-linux or cuda-windows (gigabytes).",
            DefaultValueFactory = _ => "cpu",
            HelpName = "cpu|cuda-linux|cuda-windows",
        };
        backend.Validators.Add(result =>
        {
            var value = result.GetValueOrDefault<string>();
            if (!_backends.Contains(value)) result.AddError($"--backend {value}: there is no such backend. There are {string.Join(", ", _backends)}.");
        });
        var command = new Command("setup", "Packs the library into lib/feed, so that VS Code, Verso and Jupyter find it when they open a notebook. Our own runner does not need it.") { backend };
        command.SetAction((parsed, cancellation) => RunAsync(repository, parsed.GetValue(backend)!, output, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(Repository repository, string backend, TextWriter output, CancellationToken cancellation)
    {
        var fresh = Directory.CreateTempSubdirectory("cliptransfer-pack-").FullName;
        try
        {
            foreach (var package in _packages)
            {
                await output.WriteLineAsync($"packing {package} ({backend})").ConfigureAwait(false);
                var project = Path.Combine("lib", package, $"{package}.csproj");
                await DotnetAsync(repository.Root, cancellation, "pack", project, "-o", fresh, "-v:q", "--nologo", $"-p:TorchBackend={backend}").ConfigureAwait(false);
            }

            var cache = await GlobalPackagesAsync(repository.Root, cancellation).ConfigureAwait(false);
            Directory.CreateDirectory(repository.Feed);
            foreach (var package in _packages)
            {
                var file = Directory.EnumerateFiles(fresh, $"{package}.*.nupkg").Single(file => IsVersionOf(file, package));
                var version = Path.GetFileNameWithoutExtension(file)[(package.Length + 1)..];
                foreach (var old in Directory.EnumerateFiles(repository.Feed, $"{package}.*.nupkg").Where(old => IsVersionOf(old, package))) File.Delete(old);
                File.Copy(file, Path.Combine(repository.Feed, Path.GetFileName(file)), overwrite: true);
                DropUnpacked(cache, package, version);
                await output.WriteLineAsync($"  {Path.Combine("lib", "feed", Path.GetFileName(file))}").ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException(repository.Feed, $"cannot be written ({error.Message.TrimEnd('.')})", "End notebooks that hold the library, check permissions and space", error);
        }
        finally
        {
            Directory.Delete(fresh, recursive: true);
        }

        await output.WriteLineAsync("""
            Now open a notebook of notebooks/ in VS Code (Verso, or Polyglot Notebooks where still installed) or in Jupyter with a C# kernel, and restart
            its kernel if it is open already. Run setup again after each change of the library. environment.md says more.
            """).ConfigureAwait(false);
        return ExitCodes.Success;
    }

    /// <summary>NuGet never unpacks the same version twice: a rebuilt library is seen only if the old copy is gone.</summary>
    private static void DropUnpacked(string cache, string package, string version)
    {
#pragma warning disable CA1308 // NuGet's folders are lower case.
        var unpacked = Path.Combine(cache, package.ToLowerInvariant(), version.ToLowerInvariant());
#pragma warning restore CA1308
        if (Directory.Exists(unpacked)) Directory.Delete(unpacked, recursive: true);
    }

    /// <summary><c>ClipTransfer.0.1.0.nupkg</c> is one of ClipTransfer, <c>ClipTransfer.Plots.0.1.0.nupkg</c> is not.</summary>
    private static bool IsVersionOf(string file, string package)
    {
        var rest = Path.GetFileName(file)[(package.Length + 1)..];
        return rest.Length > 0 && char.IsAsciiDigit(rest[0]);
    }

    private static async Task<string> GlobalPackagesAsync(string folder, CancellationToken cancellation)
    {
        const string Label = "global-packages:";
        var text = await DotnetAsync(folder, cancellation, "nuget", "locals", "global-packages", "--list").ConfigureAwait(false);
        var line = text.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith(Label, StringComparison.Ordinal));
        return line?[Label.Length..].Trim() ?? throw new InputException("dotnet nuget locals", $"an answer that was not expected: {text.Trim()}", "Check the .NET SDK");
    }

    private static async Task<string> DotnetAsync(string folder, CancellationToken cancellation, params string[] arguments)
    {
        var (code, text) = await DotnetHost.RunAsync(folder, cancellation, arguments).ConfigureAwait(false);
        if (code == 0) return text;
        var errors = text.Split('\n').Select(line => line.Trim()).Where(line => line.Contains("error", StringComparison.Ordinal)).Distinct().ToArray();
        throw new InputException($"dotnet {string.Join(' ', arguments[..2])}", errors.Length > 0 ? string.Join("; ", errors).TrimEnd('.') : $"failed: {text.Trim()}",
            "Check the network and the sources in nuget.config; the CUDA packages are not on every mirror");
    }
}
