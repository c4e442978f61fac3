using ClipTransfer.Runtime;
using ClipTransfer.Training;

namespace ClipTransfer.Results;

/// <summary>The folder of a grid's run: its document, and where the grid sets <see cref="TrainingSettings.CheckpointEvery"/> what a stopped run goes on from.</summary>
/// <param name="document">The run's document.</param>
/// <param name="training">How it trains.</param>
internal sealed class SweepFolder(RunDocument document, TrainingSettings training)
{
    private const string LooksName = "looks.json";

    /// <summary>Where its checkpoints go; null where the grid asks for none.</summary>
    public string? Checkpoints => training.CheckpointEvery > 0 ? Path.Combine(document.Folder, "checkpoints") : null;

    /// <summary>The looks at the joint space, those of a stopped run included.</summary>
    public SpaceLooks Looks(CheckpointState? from) => new(training.Epochs, Checkpoints is null ? null : Path.Combine(document.Folder, LooksName), from);

    /// <summary>The checkpoint that the run goes on from; where there is none, the document is started.</summary>
    /// <param name="head">What the run is for.</param>
    /// <param name="settings">The run.</param>
    /// <param name="told">Told from where it goes on, or why it does not.</param>
    public Checkpoint? Begin(RunHead head, TrainingRunSettings settings, Action<string> told)
    {
        if (Checkpoints is not null && Stopped(told) is { } checkpoint)
        {
            told(FormattableString.Invariant($"{Path.GetFileName(document.Folder)}: going on from step {checkpoint.State.Step}"));
            return checkpoint;
        }

        // Checkpoints that were no good must not be taken for those of the new start.
        if (Checkpoints is { } folder && Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        RunDocument.Start(document, head, settings);
        return null;
    }

    private Checkpoint? Stopped(Action<string> told)
    {
        if (!File.Exists(document.ConfigPath)) return null;
        try
        {
            if (new CheckpointFolder(Checkpoints!).Newest(told) is not { } newest) return null;
            if (RunLog.Read(document.MetricsPath).Count < newest.State.Step) throw new InputException(document.MetricsPath, "lacks steps before the checkpoint", "The run starts from its beginning");
            if (!Looks(newest.State).Suffice(newest.State)) throw new InputException(Path.Combine(document.Folder, LooksName), "lacks epochs before the checkpoint", "The run starts from its beginning");
            return newest;
        }
        catch (InputException error)
        {
            told($"{error.Where}: {error.What}; starting from the beginning");
            return null;
        }
    }
}
