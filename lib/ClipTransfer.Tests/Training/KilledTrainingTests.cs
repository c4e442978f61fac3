using System.Diagnostics;
using System.Globalization;
using ClipTransfer.Notebooks;
using ClipTransfer.Notebooks.Engine;
using ClipTransfer.Training;

namespace ClipTransfer.Tests.Training;

/// <summary>The built program, killed while it trains.</summary>
[Trait("Category", "Slow")]
public sealed class KilledTrainingTests : IDisposable
{
    private const int Steps = 240;

    // Everything that is random or has a state is in it: dropout, crops, chunks, momentum, the log, early stop's record.
    private const string Settings = """
        {
          "head": { "paper": "none", "hardware": "1 CPU core", "duration": "10 seconds", "expect": "the same bits" },
          "settings": {
            "method": "CyCLIP",
            "model": {
              "name": "Micro",
              "image": { "kind": "residual", "stemWidth": 8, "stageWidths": [16, 32] },
              "text": { "kind": "transformer", "width": 32, "layers": 1, "heads": 2 },
              "embedDim": 16, "projection": "Residual"
            },
            "data": { "trainPairs": 256, "validationSplit": "validation", "validationPairs": 64, "heldOutPairs": 64, "imageSize": 16 },
            "batchSize": 32,
            "tokenizer": { "vocabularySize": 600, "contextLength": 20 },
            "training": { "epochs": 30, "chunkSize": 12, "augmentation": {}, "checkpointEvery": 3, "keepCheckpoints": 2, "patience": 30 },
            "seed": 11
          }
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public KilledTrainingTests() => File.WriteAllText(_folder.File("run.json"), Settings);

    public void Dispose() => _folder.Dispose();

    private string Run(string output) => _folder.File($"{output}/runs/run");

    private Process Start(string output, bool resume)
    {
        string[] train = ["train", _folder.File("run.json"), "--out", _folder.File(output), "--device", "cpu"];
        var start = DotnetHost.Start(CloneOf(), ["exec", typeof(CommandLine).Assembly.Location, .. train, .. resume ? new[] { "--resume" } : []]);
        start.Environment["OMP_NUM_THREADS"] = "1";
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;

        static string CloneOf() => Repository.Find(null).Root;
    }

    private async Task<string> Finish(string output, bool resume)
    {
        using var process = Start(output, resume);
        var (text, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
        return await text;
    }

    /// <summary>Kills a run by SIGKILL while it starts.</summary>
    private async Task KillEarly(string output, Random random)
    {
        using var process = Start(output, resume: false);
        await Task.Delay(random.Next(800));
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Kills a run by SIGKILL in the midst of the n-th checkpoint that it writes, or some steps later.</summary>
    private async Task Kill(string output, Random random)
    {
        var checkpoints = Path.Combine(Run(output), "checkpoints");
        Directory.CreateDirectory(checkpoints);
        using var watcher = new FileSystemWatcher(checkpoints);
        using var moment = new SemaphoreSlim(0);
        var left = random.Next(1, 12);
        watcher.Created += (_, created) =>
        {
            if (created.Name!.EndsWith(".part", StringComparison.Ordinal) && Interlocked.Decrement(ref left) == 0) moment.Release();
        };
        watcher.EnableRaisingEvents = true;
        using var process = Start(output, resume: true);
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var ended = process.WaitForExitAsync(patience.Token);
        await Task.WhenAny(moment.WaitAsync(patience.Token), ended);
        // At once, or later: within a file, between files, before the rename, while an old one is removed, within a step.
        if (random.Next(3) > 0) await Task.Delay(random.Next(25), CancellationToken.None);
        Assert.False(process.HasExited, "the run ended before it was killed");
        process.Kill();
        await process.WaitForExitAsync();
    }

    [Fact]
    public async Task A_run_that_is_killed_again_and_again_ends_with_the_bits_of_one_that_was_not()
    {
        await Finish("straight", resume: false);
        var random = new Random(20_260);
        await KillEarly("killed", random);
        var said = new List<int>();
        for (var kill = 0; kill < 9; kill++)
        {
            await Kill("killed", random);
            said.Add(new CheckpointFolder(Path.Combine(Run("killed"), "checkpoints")).Newest(_ => Assert.Fail("a kill damages no checkpoint"))?.State.Step ?? 0);
        }

        Assert.Equal(said.Order(), said); // no checkpoint is lost
        Assert.InRange(said[^1], 20, Steps - 1); // the run went on between the kills, and none came too late
        await Finish("killed", resume: true);

        var last = string.Create(CultureInfo.InvariantCulture, $"checkpoints/step-{Steps:D8}");
        foreach (var file in new[] { "model.safetensors", "optimizer.safetensors", "tokenizer.json" })
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(Run("straight"), last, file)), await File.ReadAllBytesAsync(Path.Combine(Run("killed"), last, file)));
        var (straight, killed) = (RunLog.Read(Path.Combine(Run("straight"), "metrics.jsonl")), RunLog.Read(Path.Combine(Run("killed"), "metrics.jsonl")));
        Assert.Equal(Enumerable.Range(0, Steps), killed.Select(s => s.Step));
        Assert.Equal(straight.Select(s => (s.Epoch, s.Loss, s.GradientNorm, s.LogitScale)), killed.Select(s => (s.Epoch, s.Loss, s.GradientNorm, s.LogitScale)));
        // Nothing is left of the kills, and the best is kept where it is not among the last two.
        Assert.Equal(Names("straight"), Names("killed"));
        Assert.Equal(Results("straight"), Results("killed"));
        Assert.Contains("has ended", await Finish("killed", resume: true), StringComparison.Ordinal);
    }

    private string[] Names(string output) => [.. Directory.GetFileSystemEntries(Run(output), "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Run(output), path)).Order(StringComparer.Ordinal)];

    // The summary's evaluation, which no clock is in.
    private string Results(string output)
    {
        using var summary = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(Run(output), "summary.json")));
        return summary.RootElement.GetProperty("evaluation").ToString();
    }
}
