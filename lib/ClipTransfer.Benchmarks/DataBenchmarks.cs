using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using ClipTransfer.Data;

namespace ClipTransfer.Benchmarks;

/// <summary>The verb <c>data</c>: pictures from tar shards against the same pictures from a folder, and a table of a million rows.</summary>
internal static class DataBenchmarks
{
    private const int Rounds = 7;
    private const int Rows = 1_000_000;

    /// <summary>Runs <c>data [PICTURES]</c>, or <c>data table FILE</c>, which the former starts as a process of its own to measure its memory.</summary>
    /// <param name="arguments">A folder of photographs; without one, photographs are drawn.</param>
    public static int Run(string[] arguments)
    {
        if (arguments is ["table", var file]) return Table(file);
        var folder = Directory.CreateTempSubdirectory("cliptransfer-bench-").FullName;
        try
        {
            Tar(folder, arguments is [var pictures, ..] ? pictures : null);
            MillionRows(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static void Tar(string folder, string? pictures)
    {
        const int Most = 4000;
        const int Shard = 1000;
        if (pictures is not null && !Directory.Exists(pictures)) throw new Runtime.InputException(pictures, "is missing", "Name a folder of photographs");
        var files = pictures is null ? Drawn(Path.Combine(folder, "drawn"), 500)
            : [.. Directory.EnumerateFiles(pictures, "*.jpg").Order(StringComparer.Ordinal).Take(Most)];
        var plain = Directory.CreateDirectory(Path.Combine(folder, "folder")).FullName;
        var shards = Directory.CreateDirectory(Path.Combine(folder, "shards")).FullName;
        for (var s = 0; s * Shard < files.Length; s++)
        {
            using var tar = new TarWriter(File.Create(Path.Combine(shards, $"{s:00000}.tar")), TarEntryFormat.Ustar);
            for (var i = s * Shard; i < Math.Min(files.Length, (s + 1) * Shard); i++)
            {
                var name = i.ToString("000000000", CultureInfo.InvariantCulture);
                File.Copy(files[i], Path.Combine(plain, name + ".jpg"));
                File.WriteAllText(Path.Combine(plain, name + ".txt"), $"caption {i}");
                foreach (var extension in new[] { ".jpg", ".txt" }) tar.WriteEntry(Path.Combine(plain, name + extension), name + extension);
            }
        }

        var watch = Stopwatch.StartNew();
        using var fromTar = TarShards.Open(shards);
        var tarOpen = watch.Elapsed.TotalSeconds;
        watch.Restart();
        var fromFolder = ImageTextFolder.Open(plain);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{fromTar.Count} photographs, {files.Sum(f => new FileInfo(f).Length) / 1e6:0.0} MB; index: tar {tarOpen:0.00} s, folder {watch.Elapsed.TotalSeconds:0.00} s"));
        foreach (var threads in new[] { 1, Environment.ProcessorCount })
        {
            // By turns, so that what else the machine does meets both; the median of the turns' ratios counts.
            var rates = Enumerable.Range(0, Rounds).Select(_ => (Tar: Rate(fromTar, threads), Folder: Rate(fromFolder, threads))).ToArray();
            var ratio = Median(rates.Select(r => r.Tar.Images / r.Folder.Images));
            var work = Median(rates.Select(r => r.Folder.Processor / r.Tar.Processor));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{threads} threads, decoded to 64 px, {Rounds} turns: tar {Median(rates.Select(r => r.Tar.Images)):0} images/s, folder {Median(rates.Select(r => r.Folder.Images)):0} images/s; tar over folder: {ratio:0.00} of images/s ({rates.Min(r => r.Tar.Images / r.Folder.Images):0.00} to {rates.Max(r => r.Tar.Images / r.Folder.Images):0.00}), {work:0.00} of images per second of processor time"));
        }
    }

    /// <summary>Images a second on the clock, and the seconds of processor time that they took, which a busy machine changes less.</summary>
    private static (double Images, double Processor) Rate(IImageSource source, int threads)
    {
        var watch = Stopwatch.StartNew();
        var processor = Environment.CpuUsage.TotalTime;
        Parallel.For(0, source.Count, new ParallelOptions { MaxDegreeOfParallelism = threads }, i => source.ReadImage(i, 64));
        return (source.Count / watch.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds);
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    /// <summary>A million rows of a million names, each there: a thousand links to one folder of a thousand files.</summary>
    private static void MillionRows(string folder)
    {
        const int Side = 1000;
        var files = Directory.CreateDirectory(Path.Combine(folder, "files")).FullName;
        for (var i = 0; i < Side; i++) File.WriteAllBytes(Path.Combine(files, $"{i}.jpg"), []);
        for (var i = 0; i < Side; i++) Directory.CreateSymbolicLink(Path.Combine(folder, $"s{i}"), files);
        var table = Path.Combine(folder, "million.tsv");
        using (var writer = new StreamWriter(table))
        {
            writer.Write("caption\timage\n");
            for (var i = 0; i < Rows; i++) writer.Write($"a caption of usual length that says what number {i} shows to a reader\ts{i / Side}/{i % Side}.jpg\n");
        }

        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["data", "table", table]))!;
        process.WaitForExit();
    }

    private static int Table(string file)
    {
        using var self = Process.GetCurrentProcess();
        self.Refresh();
        var before = self.PeakWorkingSet64;
        var watch = Stopwatch.StartNew();
        using var pairs = TablePairs.Open(file);
        var seconds = watch.Elapsed.TotalSeconds;
        self.Refresh();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{pairs.Count} rows ({new FileInfo(file).Length / 1e6:0.0} MB) indexed in {seconds:0.00} s; peak working set {self.PeakWorkingSet64 / 1e6:0} MB, {before / 1e6:0} MB before"));
        watch.Restart();
        const int Reads = 100_000;
        for (var i = 0; i < Reads; i++) _ = pairs.Captions((int)(i * 7919L % pairs.Count));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"captions at random: {Reads / watch.Elapsed.TotalSeconds:0} /s"));
        return 0;
    }

    private static string[] Drawn(string folder, int count)
    {
        Directory.CreateDirectory(folder);
        var scenes = Scenes.Pairs(count, 1);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var file = Path.Combine(folder, $"{i}.jpg");
            var picture = scenes.ReadImage(i, 128);
            using var bitmap = new SkiaSharp.SKBitmap(picture.Width, picture.Height, SkiaSharp.SKColorType.Rgba8888, SkiaSharp.SKAlphaType.Opaque);
            for (var p = 0; p < picture.Width * picture.Height; p++)
                bitmap.SetPixel(p % picture.Width, p / picture.Width, new SkiaSharp.SKColor(picture.Pixels[3 * p], picture.Pixels[(3 * p) + 1], picture.Pixels[(3 * p) + 2]));
            using var data = bitmap.Encode(SkiaSharp.SKEncodedImageFormat.Jpeg, 90);
            File.WriteAllBytes(file, data.ToArray());
            return file;
        })];
    }
}
