using ClipTransfer.Data;
using ClipTransfer.Evaluation;
using ClipTransfer.Losses;
using ClipTransfer.Models;
using ClipTransfer.Models.Weights;
using ClipTransfer.Runtime;
using ClipTransfer.Text;
using ClipTransfer.Theory;
using ClipTransfer.Training;
using static TorchSharp.torch;

namespace ClipTransfer.Results;

/// <summary>One pre-training of notebook 07.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="FixedTemperature">τ where it was fixed; null where it was trained.</param>
/// <param name="Training">Every step and epoch.</param>
/// <param name="Evaluation">The best checkpoint by validation loss, on held-out pairs.</param>
/// <param name="Margins">Own caption's score minus each other's, in batches of held-out pairs (cosine).</param>
/// <param name="Folder">The run's folder, with its checkpoints.</param>
/// <param name="Exports">The files that the best model was written to, for other libraries.</param>
/// <param name="Start">What it started from: <c>scratch</c>, or the public weights of its towers.</param>
public sealed record PairsRun(
    string Method, double? FixedTemperature, TrainingResult Training, CheckpointEvaluation Evaluation, MarginSample Margins, string Folder, IReadOnlyList<string> Exports, string Start)
{
    /// <summary>The method, with its temperature where that was fixed.</summary>
    public string Label => FixedTemperature is { } tau ? FormattableString.Invariant($"{Method}, τ = {tau:0.00}") : Method;
}

/// <summary>Pre-training on the pairs that are there: CC3M, MSCOCO, Flickr30k or Flickr8k, else generated scenes.</summary>
public sealed class PairsPretraining
{
    private const int MarginBatch = 64;

    // The paper's own first; splits for training, early stop, and the held-out numbers.
    private static readonly (string Name, string Validation, string HeldOut, string Why)[] _known =
    [
        ("cc3m", "val", "val", "the paper's pre-training set [S]"), ("coco", "held-out", "val2014", "the set of the paper's light runs [S]"),
        ("flickr30k", "val", "test", "the largest set that is here"), ("flickr8k", "dev", "test", "the largest set that is here"),
    ];

    private readonly NotebookSession _session;

    private PairsPretraining(NotebookSession session, TrainingRunSettings settings, string why)
    {
        (_session, Settings, Why) = (session, settings, why);
        Pairs = settings.Data.OpenTrain(Folder);
    }

    /// <summary>What every run shares; method, seed and temperature are set for each.</summary>
    public TrainingRunSettings Settings { get; }

    /// <summary>Why these pairs.</summary>
    public string Why { get; }

    /// <summary>The pairs to train on.</summary>
    public IPairSource Pairs { get; }

    private string Folder => _session.Data ?? "";

    /// <summary>Chooses the pairs and the size.</summary>
    /// <param name="session">Decides data folder and profile. <c>paper</c> takes the paper's settings.</param>
    public static PairsPretraining Choose(NotebookSession session)
    {
        var (name, validation, heldOut, why) = session.Data is { } folder
            ? _known.FirstOrDefault(set => DatasetCatalog.Sets.Any(s => s.Name == set.Name) && DatasetCatalog.FolderOf(DatasetCatalog.Find(set.Name), folder) is not null)
            : default;
        if (name is null) (name, validation, heldOut, why) = ("scenes", "validation", "test", session.Data is null ? "no data folder was named" : "the data folder holds no set of pairs");
        var generated = name == "scenes";
        var data = new DataSettings
        {
            Pairs = name,
            ValidationSplit = validation,
            HeldOutSplit = heldOut,
            TrainPairs = session.Pick(generated ? 512 : 1_024, generated ? 4_096 : 6_000, generated ? 65_536 : 100_000, int.MaxValue / 2),
            ValidationPairs = session.Pick(128, 512, 1_000, 5_000),
            HeldOutPairs = session.Pick(128, 512, 1_000, 5_000),
            ImageSize = session.Pick(32, generated ? 32 : 48, 64, 224),
        };
        var settings = new TrainingRunSettings
        {
            Model = DualEncoderSettings.Named(session.Profile switch { Profile.Paper => "Paper", Profile.Full => "Small", _ => "Tiny" }),
            Data = data,
            BatchSize = session.Pick(64, 128, 256, 32),
            Tokenizer = new TokenizerSettings { VocabularySize = session.Pick(1_024, 4_096), ContextLength = session.Pick(32, 32, 32, 200) },
            Training = new TrainingSettings
            {
                Epochs = session.Pick(2, generated ? 4 : 8, 30, 4),
                Patience = 2,
                LearningRate = 1e-3,
                // Of the public code base with the paper's encoders and its 20 % split [S for it, ? for the paper]: 1e-4 image, 1e-5 text, 1e-3 heads.
                ImageRate = session.Profile == Profile.Paper ? 0.1 : 1,
                TextRate = session.Profile == Profile.Paper ? 0.01 : 1,
                WeightDecay = session.Profile == Profile.Paper ? 1e-3 : 0.1,
                Precision = session.Profile == Profile.Paper ? Precision.Auto : Precision.Float32,
                KeepCheckpoints = 2,
            },
            Seed = session.Seed,
            // The paper starts from ImageNet's ResNet-50 and a pre-trained DistilBERT [R]: where they are in the data folder, so does this profile.
            PublicWeights = session.Profile == Profile.Paper,
        };
        return new PairsPretraining(session, settings, why);
    }

    /// <summary>Trains one model, from its newest checkpoint where the run was begun before, stops early on the validation loss, and measures and exports the best checkpoint.</summary>
    /// <param name="method">The loss.</param>
    /// <param name="temperature">A fixed τ; null trains it.</param>
    /// <exception cref="OperationCanceledException">Ctrl-C was pressed: the newest checkpoint is kept.</exception>
    public PairsRun Train(MethodSettings method, double? temperature = null)
    {
        using var scope = NewDisposeScope();
        var model = temperature is { } tau ? Settings.Model with { Temperature = tau, TrainTemperature = false } : Settings.Model;
        var settings = Settings with { Method = method, Model = model };
        var head = new RunHead("Section 6, Figure 2", "2 CPU cores; profile paper: a GPU of 8 GB", "about 90 seconds for all runs of the default profile on scenes; photographs: not measured", "a loss below ln B, margins that shrink with τ");
        var fixedTo = temperature is { } t ? FormattableString.Invariant($"-tau{t}") : "";
        var run = new TrainingRun(_session.Output, FormattableString.Invariant($"07-{Settings.Data.Pairs}-{_session.ProfileName}-{method.Name}{fixedTo}-seed{Settings.Seed}"), head, settings, Folder);
        var trained = run.Train(resume: true, say: _ => { });
        Interrupt.Token.ThrowIfCancellationRequested();
        var evaluation = run.Finish(trained);
        var best = TrainingRun.Find(run.Folder);
        var (trainedModel, tokenizer) = TrainingRun.Load(best, settings);
        using var loaded = trainedModel;
        var heldOut = Settings.Data.OpenHeldOut(Folder);
        using var pixels = PixelStore.Open(heldOut, Settings.Data.ImageSize);
        using var embedded = HeldOutPairs.Embed(loaded, tokenizer, heldOut, pixels);
        var margins = embedded.Margins(Math.Min(MarginBatch, pixels.Usable.Count));
        return new PairsRun(method.Name, temperature, trained, evaluation, margins, run.Folder, Export(loaded, Path.Combine(run.Folder, "export")), StartOf(run));
    }

    private static string StartOf(TrainingRun run) => run.Start.Any(part => part.Name is not null)
        ? string.Join(", ", run.Start.Select(part => $"{part.Part}: {part.Name ?? "scratch"}"))
        : "scratch";

    /// <summary>Writes a model's towers under the names of public checkpoints where there are such, and the whole model under our own.</summary>
    private static List<string> Export(DualEncoder model, string folder)
    {
        Directory.CreateDirectory(folder);
        var whole = Path.Combine(folder, "model.safetensors");
        SafetensorsFile.Write(whole, model.state_dict().Select(entry => (entry.Key, entry.Value)));
        var written = new List<string> { whole };
        if (model.Settings.Image is ResNetSettings) Write("image.safetensors", WeightMap.ImageTower(model));
        if (model.Settings.Text is DistilBertSettings) Write("text.safetensors", WeightMap.TextTower(model));
        return written;

        void Write(string name, WeightMap map)
        {
            PublicWeights.Export(model, Path.Combine(folder, name), map);
            written.Add(Path.Combine(folder, name));
        }
    }
}
