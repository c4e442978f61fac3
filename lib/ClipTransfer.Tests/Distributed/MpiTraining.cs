using ClipTransfer.Training;

namespace ClipTransfer.Tests.Distributed;

/// <summary>A small training in a folder of its own, for <see cref="MpiJob"/>: settings that a test may change, and what the runs leave.</summary>
internal sealed class MpiTraining : IDisposable
{
    public const int StepsPerEpoch = 8;

    private const string Settings = """
        {
          "head": { "paper": "none", "hardware": "1 CPU core", "duration": "10 seconds", "expect": "the same" },
          "settings": {
            "method": "CyCLIP+Reg",
            "model": {
              "name": "Micro",
              "image": { "kind": "residual", "stemWidth": 8, "stageWidths": [16, 32] },
              "text": { "kind": "transformer", "width": 32, "layers": 1, "heads": 2 },
              "embedDim": 16
            },
            "data": { "trainPairs": 256, "validationSplit": "validation", "validationPairs": 96, "heldOutPairs": 64, "imageSize": 16 },
            "batchSize": 32,
            "tokenizer": { "vocabularySize": 600, "contextLength": 20 },
            "training": { "epochs": 3, "learningRate": 0.003, "augmentation": {}, "checkpointEvery": 3, "keepCheckpoints": 2, "progress": false },
            "seed": 11
          }
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public MpiTraining() => Write("run");

    /// <summary>The folder, which is also the mark of its processes.</summary>
    public string Path => _folder.Path;

    /// <summary>Writes a settings file with one text in place of another.</summary>
    public string Write(string name, string old = "\"seed\": 11", string changed = "\"seed\": 11")
    {
        Assert.Contains(old, Settings, StringComparison.Ordinal);
        File.WriteAllText(_folder.File($"{name}.json"), Settings.Replace(old, changed, StringComparison.Ordinal));
        return _folder.File($"{name}.json");
    }

    /// <summary>The words of one process.</summary>
    public string[] Words(string output, string settings = "run", params string[] more) =>
        [.. MpiJob.Train, _folder.File($"{settings}.json"), "--name", "run", "--out", _folder.File(output), "--device", "cpu", .. more];

    /// <summary>Starts processes.</summary>
    public MpiJob Start(int processes, string output, string settings = "run", params string[] more) => MpiJob.Start(Path, processes, Words(output, settings, more));

    /// <summary>Trains to the end; the steps.</summary>
    public async Task<IReadOnlyList<StepRecord>> Run(int processes, string output, string settings = "run", params string[] more)
    {
        using var job = Start(processes, output, settings, more);
        await job.Success();
        return Steps(output);
    }

    /// <summary>The step log's path.</summary>
    public string Log(string output) => _folder.File($"{output}/runs/run/metrics.jsonl");

    /// <summary>The steps of a run.</summary>
    public IReadOnlyList<StepRecord> Steps(string output) => RunLog.Read(Log(output));

    /// <summary>The newest checkpoint of a run.</summary>
    public Checkpoint Newest(string output) => new CheckpointFolder(_folder.File($"{output}/runs/run/checkpoints")).Newest(text => Assert.Fail(text))!;

    public void Dispose() => _folder.Dispose();
}
