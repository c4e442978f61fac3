using ClipTransfer.Data;
using ClipTransfer.Runtime;
using ClipTransfer.Text;

namespace ClipTransfer.Results;

/// <summary>The data of runs with one choice of pairs, opened once: pairs, tokenizer, decoded pictures, downstream sets.</summary>
public sealed class SweepData : IDisposable
{
    private SweepData(TrainingRunSettings settings, TransferSettings transfer, string? folder)
    {
        var data = settings.Data;
        Train = data.OpenTrain(folder ?? "");
        HeldOut = data.OpenHeldOut(folder ?? "");
        Tokenizer = CaptionTokenizer.Train(Enumerable.Range(0, Train.Count).SelectMany(Train.Captions), settings.Tokenizer);
        TrainPixels = PixelStore.Open(Train, data.ImageSize);
        HeldOutPixels = PixelStore.Open(HeldOut, data.ImageSize);
        Bench = TransferBench.Open(transfer, folder, data.ImageSize, data.Seed);
        if (transfer.JointSpace is { } jointSpace) JointSpace = JointSpaceBench.Open(jointSpace, HeldOut, HeldOutPixels, data);
    }

    /// <summary>Pairs to train on.</summary>
    public IPairSource Train { get; }

    /// <summary>Pairs that no training sees.</summary>
    public IPairSource HeldOut { get; }

    /// <summary>Trained on the training captions.</summary>
    public ITokenizer Tokenizer { get; }

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
    /// <exception cref="InputException">A set is missing or damaged.</exception>
    public static SweepData Open(TrainingRunSettings settings, TransferSettings transfer, string? folder) => new(settings, transfer, folder);

    /// <inheritdoc/>
    public void Dispose()
    {
        JointSpace?.Dispose();
        Bench.Dispose();
        TrainPixels.Dispose();
        HeldOutPixels.Dispose();
    }
}
