using System.Text.Json;
using System.Text.Json.Nodes;
using ClipTransfer.Data;
using ClipTransfer.Models;
using ClipTransfer.Models.Weights;
using ClipTransfer.Runtime;
using ClipTransfer.Text;
using ClipTransfer.Training;
using ClipTransfer.Training.Distributed;
using TorchSharp;

namespace ClipTransfer.Results;

/// <summary>One training as a document: <c>config.json</c>, <c>metrics.jsonl</c>, <c>checkpoints/</c>, <c>tokenizer.json</c>, and once it has ended <c>summary.json</c>.</summary>
public sealed class TrainingRun
{
    internal const string SettingsName = "config.json";

    private readonly RunDocument _document;
    private readonly RunHead _head;
    private readonly TrainingRunSettings _settings;
    private readonly string _data;

    /// <summary>Names a run; nothing is written yet.</summary>
    /// <param name="output">The output folder; the run goes to <c>runs/NAME</c> in it.</param>
    /// <param name="name">The run's name.</param>
    /// <param name="head">What the run is for.</param>
    /// <param name="settings">What decides it.</param>
    /// <param name="data">The folder with real data sets; it is not looked at for scenes.</param>
    public TrainingRun(string output, string name, RunHead head, TrainingRunSettings settings, string data)
    {
        _document = RunDocument.At(output, name);
        (_head, _settings, _data) = (head, settings, data);
        Checkpoints = new CheckpointFolder(CheckpointsOf(_document.Folder), settings.Training.KeepCheckpoints);
    }

    /// <summary>The run's folder.</summary>
    public string Folder => _document.Folder;

    /// <summary>Its checkpoints.</summary>
    public CheckpointFolder Checkpoints { get; }

    /// <summary>Whether it has ended.</summary>
    public bool IsFinished => File.Exists(_document.SummaryPath);

    /// <summary>How many processes trained it last.</summary>
    public int Processes { get; private set; } = 1;

    /// <summary>What each tower started from, where the settings ask for public weights.</summary>
    public IReadOnlyList<StartingWeights> Start { get; private set; } = [];

    /// <summary>Trains and writes everything but the summary.</summary>
    /// <param name="resume">Whether to go on from the newest whole checkpoint; where there is none, the run starts from its beginning.</param>
    /// <param name="say">Told in one line of what the user should know: from where a run goes on, what is damaged.</param>
    /// <param name="across">The processes that train together; the first one has the run's folder, the others write nothing. Null is this one alone.</param>
    /// <exception cref="InputException">Settings or data are wrong, the run has checkpoints and is not to be resumed, or the training breaks down.</exception>
    public TrainingResult Train(bool resume, Action<string> say, ICommunicator? across = null)
    {
        across ??= new SingleProcess();
        Processes = across.Size;
        var isFirst = across.Rank == 0;
        if (isFirst && !resume && Checkpoints.Checkpoints.Count > 0)
            throw new InputException(Folder, "has checkpoints of an earlier run", "Go on with --resume, choose another --out, or delete the folder");
        _settings.Method.Check(_settings.Model.LogitBias is not null);
        if (_settings.Training.Patience > 0 && _settings.Data.ValidationSplit is null)
            throw new InputException("training settings, Patience", "early stop needs held-out pairs", "Name data.validationSplit, or set patience to 0");
        var checkpoint = resume && isFirst ? Checkpoints.Newest(say) : null;
        if (resume && isFirst) say(checkpoint is null ? $"{Folder} has no checkpoint; starting from the beginning" : FormattableString.Invariant($"going on from step {checkpoint.State.Step}"));
        if (checkpoint is not null) MustBeOf(checkpoint);
        else if (isFirst) RunDocument.Start(_document, _head, _settings);

        var train = _settings.Data.OpenTrain(_data);
        using var pixels = PixelStore.Open(train, _settings.Data.ImageSize, new PixelStoreOptions { Progress = isFirst });
        var own = isFirst ? Folder : Directory.CreateTempSubdirectory("cliptransfer-rank-").FullName;
        var (tokenizer, tokenizerFile) = RunTokenizer.Prepare(_settings, train, _data, own, say);
        if (!isFirst) Directory.Delete(own, recursive: true);
        var loader = new PairLoader(train, pixels, tokenizer, _settings.BatchSize, Seeds.Derive(_settings.Seed, "pairs"));
        RunIdentity.MustAgree(across, JsonSerializer.Serialize(_settings with { Training = _settings.Training with { Label = null } }, ResultsJson.Options), loader);
        var validation = _settings.Data.OpenValidation(_data);
        using var validationPixels = validation is null ? null : PixelStore.Open(validation, _settings.Data.ImageSize, new PixelStoreOptions { Progress = isFirst });

        Seeds.Fix(Seeds.Derive(_settings.Seed, "first weights"));
        using var model = ModelFor(tokenizer, _settings);
        if (_settings.PublicWeights) Start = StartingWeights.LoadPresent(model, _data);
        foreach (var part in Start) say($"{part.Part}: {part.Name ?? "no public weights here, so it starts from scratch"}");
        using var trainer = new Trainer(model, _settings.Method.Create(model.LogitBias), loader, _settings.Training with
        {
            Seed = _settings.Seed,
            LogPath = _document.MetricsPath,
            CheckpointFolder = CheckpointsOf(Folder),
            Label = _settings.Training.Label ?? Path.GetFileName(Folder),
        }, across)
        {
            Validation = validation is null ? null : HeldOutLoader(validation, validationPixels!, tokenizer, _settings),
            Attached = !isFirst ? [] : new Dictionary<string, string> { [SettingsName] = File.ReadAllText(_document.ConfigPath), [Path.GetFileName(tokenizerFile)] = File.ReadAllText(tokenizerFile) },
        };
        if (checkpoint is not null) trainer.Resume(checkpoint);
        return trainer.Train();
    }

    /// <summary>Measures the best checkpoint by validation loss, or the last where none was measured, and writes <c>summary.json</c>.</summary>
    public CheckpointEvaluation Finish(TrainingResult trained)
    {
        var evaluation = CheckpointEvaluation.Of(BestOrNewest(Checkpoints), _data);
        _document.Finish(new
        {
            Method = _settings.Method.Name,
            _settings.Seed,
            Steps = trained.Steps.Count,
            trained.Epochs,
            trained.Seconds,
            trained.PairsPerSecond,
            trained.SkippedSteps,
            Processes,
            Communication = trained.Steps.Sum(step => step.Communication),
            trained.StoppedEarly,
            trained.FinalLoss,
            Start,
            Machine = TorchRuntime.Describe().In(trained.Precision),
            Best = trained.Best is { } best ? new { best.Epoch, best.ValidationLoss } : null,
            Evaluation = evaluation,
        });
        return evaluation;
    }

    /// <summary>The checkpoint that a folder means: itself, or of a run the best by validation loss, or the newest where no such loss was measured.</summary>
    /// <exception cref="InputException">There is none, or it is damaged.</exception>
    public static Checkpoint Find(string folder)
    {
        var inside = CheckpointsOf(folder);
        return Directory.Exists(inside) ? BestOrNewest(new CheckpointFolder(inside)) : Checkpoint.Open(folder);
    }

    /// <summary>A checkpoint's model on the device, in evaluation mode, and its tokenizer. The caller disposes the model.</summary>
    internal static (DualEncoder Model, ITokenizer Tokenizer) Load(Checkpoint checkpoint, TrainingRunSettings settings)
    {
        var tokenizer = RunTokenizer.Load(checkpoint.Folder, settings);
        var model = ModelFor(tokenizer, settings);
        checkpoint.LoadInto(model);
        model.to(TorchRuntime.Device);
        model.eval();
        return (model, tokenizer);
    }

    internal static DualEncoder ModelFor(ITokenizer tokenizer, TrainingRunSettings settings) =>
        new(settings.Model.ForTokens(tokenizer.VocabularySize, tokenizer.ContextLength, tokenizer.EndId));

    /// <summary>Held-out pairs in batches of B, or in one of all where there are fewer.</summary>
    internal static PairLoader HeldOutLoader(IPairSource pairs, PixelStore pixels, ITokenizer tokenizer, TrainingRunSettings settings) =>
        new(pairs, pixels, tokenizer, Math.Min(settings.BatchSize, pixels.Usable.Count), Seeds.Derive(settings.Seed, "held-out pairs"));

    private static string CheckpointsOf(string folder) => Path.Combine(folder, "checkpoints");

    private static Checkpoint BestOrNewest(CheckpointFolder checkpoints)
    {
        if (checkpoints.Checkpoints.Count == 0) throw new InputException(checkpoints.Folder, "holds no checkpoint", "Train first, or name another folder");
        var newest = Checkpoint.Open(checkpoints.Checkpoints[0]);
        var best = newest.State.BestStep is { } step ? checkpoints.At(step) : newest.Folder;
        return best != newest.Folder && Directory.Exists(best) ? Checkpoint.Open(best) : newest;
    }

    // What decides the steps is compared by the trainer; here the rest of the settings, such as λ.
    private void MustBeOf(Checkpoint checkpoint)
    {
        var file = Path.Combine(checkpoint.Folder, SettingsName);
        var (before, now) = (Compared(TrainingRunSettings.OfCheckpoint(checkpoint)), Compared(_settings));
        if (JsonDifference.First(before, now) is { } difference)
            throw new InputException(file, $"has {difference.Path} {difference.Left}, and this run {difference.Right}", "Resume with the settings of the checkpoint, or start a new run");

        static JsonNode? Compared(TrainingRunSettings settings) => JsonSerializer.SerializeToNode(settings with { Training = new TrainingSettings() }, ResultsJson.Options);
    }
}
