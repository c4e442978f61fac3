using ClipTransfer.Data;
using ClipTransfer.Runtime;
using ClipTransfer.Text;

namespace ClipTransfer.Results;

/// <summary>The data of runs with one choice of pairs, opened once: pairs, tokenizer, decoded pictures, downstream sets.</summary>
public sealed class SweepData : IDisposable
{
    private readonly TrainingRunSettings _settings;

    private SweepData(TrainingRunSettings settings, TransferSettings transfer, string? folder, Action<string> told)
    {
        var data = settings.Data;
        (_settings, Folder) = (settings, folder);
        Train = data.OpenTrain(folder ?? "");
        HeldOut = data.OpenHeldOut(folder ?? "");
        (Tokenizer, TokenizerFile) = TokenizerOf(told);
        try
        {
            TrainPixels = PixelStore.Open(Train, data.ImageSize);
            HeldOutPixels = PixelStore.Open(HeldOut, data.ImageSize);
            Bench = TransferBench.Open(transfer, folder, data.ImageSize, data.Seed);
            if (transfer.JointSpace is { } jointSpace) JointSpace = JointSpaceBench.Open(jointSpace, HeldOut, HeldOutPixels, data);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The folder with real data sets and public weights; null where none was named.</summary>
    public string? Folder { get; }

    /// <summary>Pairs to train on.</summary>
    public IPairSource Train { get; }

    /// <summary>Pairs that no training sees.</summary>
    public IPairSource HeldOut { get; }

    /// <summary>Trained on the training captions, or the published one of public weights.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>Its file, for checkpoints.</summary>
    internal (string Name, string Text) TokenizerFile { get; }

    /// <summary>The training pictures, decoded.</summary>
    public PixelStore TrainPixels { get; }

    /// <summary>The held-out pictures, decoded.</summary>
    public PixelStore HeldOutPixels { get; }

    /// <summary>The downstream sets.</summary>
    public TransferBench Bench { get; }

    /// <summary>What the joint space is measured on; null where the grid does not ask for it.</summary>
    public JointSpaceBench? JointSpace { get; }

    /// <summary>Opens the data of a run.</summary>
    /// <param name="settings">The run.</param>
    /// <param name="transfer">What models are tested on.</param>
    /// <param name="folder">The folder with real data sets; null allows generated ones only.</param>
    /// <param name="told">Told what the user should know, such as that a published vocabulary is missing.</param>
    /// <exception cref="InputException">A set is missing or damaged.</exception>
    public static SweepData Open(TrainingRunSettings settings, TransferSettings transfer, string? folder, Action<string>? told = null) => new(settings, transfer, folder, told ?? (_ => { }));

    /// <summary>Whether these are the data of another run too.</summary>
    public bool Serve(TrainingRunSettings run) =>
        (run.Data, run.Tokenizer, run.PublicWeights) == (_settings.Data, _settings.Tokenizer, _settings.PublicWeights) && (!run.PublicWeights || run.Model.Text == _settings.Model.Text);

    /// <inheritdoc/>
    public void Dispose()
    {
        // Of data that could not be opened some are not there.
        JointSpace?.Dispose();
        Bench?.Dispose();
        TrainPixels?.Dispose();
        HeldOutPixels?.Dispose();
    }

    private (ITokenizer, (string, string)) TokenizerOf(Action<string> told)
    {
        var folder = Directory.CreateTempSubdirectory("cliptransfer-tokenizer-").FullName;
        try
        {
            var (tokenizer, file) = RunTokenizer.Prepare(_settings, Train, Folder ?? "", folder, told);
            return (tokenizer, (Path.GetFileName(file), File.ReadAllText(file)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
