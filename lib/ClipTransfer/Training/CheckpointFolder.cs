using System.Globalization;
using System.Text.Json;
using ClipTransfer.Models.Weights;
using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Training;

/// <summary>The checkpoints of a run: one folder <c>step-NNNNNNNN</c> each, whole or absent.</summary>
/// <remarks>
/// A checkpoint is written into <c>step-NNNNNNNN.part</c>, each file flushed to disk, and then the folder is renamed, which is one act for the file system; one that goes is renamed to
/// <c>.old</c> first. So a kill at any moment leaves whole checkpoints and at most a .part or .old folder, which the next writer removes. The rename itself is not
/// flushed: after a power cut the newest checkpoint may be missing, never half there. Damage of the disk shows in the checksums.
/// </remarks>
/// <param name="folder">Where they are; made when the first is written.</param>
/// <param name="keep">How many of the newest stay.</param>
public sealed class CheckpointFolder(string folder, int keep = 3)
{
    private const string Prefix = "step-";
    private const string Part = ".part";
    private const string Old = ".old";

    /// <summary>Where they are.</summary>
    public string Folder => folder;

    /// <summary>The checkpoints' folders, the newest first.</summary>
    public IReadOnlyList<string> Checkpoints => Directory.Exists(folder)
        ? [.. Directory.EnumerateDirectories(folder, Prefix + "*").Where(path => StepOf(path) is not null).OrderByDescending(StepOf)]
        : [];

    /// <summary>The folder of the checkpoint after a number of steps, whether or not it is there.</summary>
    public string At(int step) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:D8}"));

    /// <summary>The newest whole checkpoint; null where there is none at all.</summary>
    /// <param name="say">Told of each damaged one that is passed over.</param>
    /// <exception cref="InputException">There are some, and none is whole.</exception>
    public Checkpoint? Newest(Action<string> say)
    {
        var all = Checkpoints;
        foreach (var path in all)
        {
            try
            {
                return Checkpoint.Open(path);
            }
            catch (InputException error)
            {
                say($"{error.Where}: {error.What}; going on with the checkpoint before it");
            }
        }

        return all.Count == 0 ? null : throw new InputException(folder, $"none of its {all.Count} checkpoints is whole", "Start the run anew in another folder");
    }

    /// <summary>Writes a checkpoint, then removes those that are not among the newest, except the best.</summary>
    /// <param name="state">Where the run stands.</param>
    /// <param name="model">Weights and buffers by name.</param>
    /// <param name="moments">The optimiser's moments by name.</param>
    /// <param name="attached">Other texts by file name.</param>
    /// <exception cref="InputException">The folder cannot be written, or the disk is full: what was there stays.</exception>
    internal string Write(
        CheckpointState state, IEnumerable<(string Name, Tensor Tensor)> model, IEnumerable<(string Name, Tensor Tensor)> moments,
        IReadOnlyDictionary<string, string> attached)
    {
        var path = At(state.Step);
        try
        {
            RemoveRest();
            SafetensorsFile.Write(Path.Combine(path + Part, Checkpoint.ModelFile), model, new Dictionary<string, string> { ["format"] = "pt" });
            SafetensorsFile.Write(Path.Combine(path + Part, Checkpoint.OptimizerFile), moments);
            AtomicFile.WriteText(Path.Combine(path + Part, Checkpoint.StateFile), JsonSerializer.Serialize(state, CheckpointState.Json) + "\n");
            foreach (var (name, text) in attached) AtomicFile.WriteText(Path.Combine(path + Part, name), text);
            Checksums.Write(path + Part);
            // One of this step is there when a run went back to an earlier one, which is still there too.
            if (Directory.Exists(path)) Remove(path);
            Directory.Move(path + Part, path);
            foreach (var superfluous in Checkpoints.Skip(keep).Where(other => other != path && other != (state.BestStep is { } best ? At(best) : null))) Remove(superfluous);
            return path;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException(path, $"cannot be written ({error.Message.TrimEnd('.')})", "Free some space, then resume", error);
        }
        finally
        {
            if (Directory.Exists(path + Part)) Directory.Delete(path + Part, recursive: true);
        }
    }

    private static void Remove(string path)
    {
        Directory.Move(path, path + Old);
        Directory.Delete(path + Old, recursive: true);
    }

    // What a killed writer left.
    private void RemoveRest()
    {
        if (!Directory.Exists(folder)) return;
        foreach (var rest in Directory.EnumerateDirectories(folder, Prefix + "*").Where(path => path.EndsWith(Part, StringComparison.Ordinal) || path.EndsWith(Old, StringComparison.Ordinal)))
            Directory.Delete(rest, recursive: true);
    }

    private static int? StepOf(string path) =>
        int.TryParse(Path.GetFileName(path)[Prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : null;
}
