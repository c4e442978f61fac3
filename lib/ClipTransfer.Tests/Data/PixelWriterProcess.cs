using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using ClipTransfer.Data;

namespace ClipTransfer.Tests.Data;

/// <summary>Another process that fills a cache: these tests kill it, or run two at once. It is this very assembly, started with a variable that says so.</summary>
internal static class PixelWriterProcess
{
    private const string Variable = "CLIPTRANSFER_TEST_PIXEL_WRITER";

    /// <summary>The source that both sides know.</summary>
    public static IImageSource Source(int count) => Scenes.Pairs(count, 77);

    public static Process Start(string cacheFolder, int count)
    {
        var assembly = typeof(PixelWriterProcess).Assembly.Location;
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet", ["exec", assembly])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[Variable] = string.Create(CultureInfo.InvariantCulture, $"{count}|{cacheFolder}");
        return Process.Start(start)!;
    }

    [ModuleInitializer]
    internal static void RunIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } task) return;
        var parts = task.Split('|', 2);
        using var store = PixelStore.Open(
            Source(int.Parse(parts[0], CultureInfo.InvariantCulture)), 48,
            new PixelStoreOptions { Cache = PixelCache.Disk, CacheFolder = parts[1], Threads = 1 });
        Console.WriteLine(store.Report);
        Environment.Exit(0);
    }
}
