using System.Text.Json;
using ClipTransfer.Models;
using ClipTransfer.Models.Weights;
using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Training;

/// <summary>A checkpoint on disk, found whole: a folder that says everything of a run at one step, and can be evaluated alone.</summary>
/// <remarks>
/// <c>model.safetensors</c> has weights (float32 masters) and running buffers by the module's names; <c>optimizer.safetensors</c> has <c>first.NAME</c> and <c>second.NAME</c>, AdamW's
/// moments of each trained parameter; <c>state.json</c> is <see cref="CheckpointState"/>; other files are what the run attached (its settings, its tokenizer); <c>SHA256SUMS</c> has the
/// checksum of each, in the form that <c>sha256sum -c</c> reads.
/// </remarks>
public sealed class Checkpoint
{
    internal const string ModelFile = "model.safetensors";
    internal const string OptimizerFile = "optimizer.safetensors";
    internal const string StateFile = "state.json";

    private Checkpoint(string folder, CheckpointState state) => (Folder, State) = (folder, state);

    /// <summary>Its folder.</summary>
    public string Folder { get; }

    /// <summary>Where the run stood.</summary>
    public CheckpointState State { get; }

    /// <summary>Opens a checkpoint and compares every file with its checksum.</summary>
    /// <exception cref="InputException">There is none, or a file is missing or damaged: names it.</exception>
    public static Checkpoint Open(string folder)
    {
        folder = Path.GetFullPath(folder);
        if (!File.Exists(Path.Combine(folder, Checksums.FileName)))
            throw new InputException(Path.Combine(folder, Checksums.FileName), "is missing, so this is no whole checkpoint", "Name a checkpoint's folder, such as checkpoints/step-00000100 of a run");
        Checksums.Verify(folder, [ModelFile, OptimizerFile, StateFile]);
        var file = Path.Combine(folder, StateFile);
        try
        {
            var state = JsonSerializer.Deserialize<CheckpointState>(File.ReadAllText(file), CheckpointState.Json)!;
            if (state.Format != CheckpointState.CurrentFormat) throw new JsonException($"format {state.Format}");
            return new Checkpoint(folder, state);
        }
        catch (JsonException error)
        {
            throw new InputException(file, $"is not a checkpoint's state of this version ({error.Message.Split('.')[0]})", "Use the version of ClipTransfer that wrote it", error);
        }
    }

    /// <summary>A text that the run attached.</summary>
    /// <exception cref="InputException">There is none of this name.</exception>
    public string Attached(string name)
    {
        var file = Path.Combine(Folder, name);
        return File.Exists(file) ? File.ReadAllText(file) : throw new InputException(file, "is missing", "The checkpoint was written by a run that attached no such file");
    }

    /// <summary>Gives a model of the same shape the checkpoint's weights and running buffers.</summary>
    /// <exception cref="InputException">The model has other names or shapes: names the first.</exception>
    public void LoadInto(DualEncoder model)
    {
        using var scope = NewDisposeScope();
        Fill(ModelFile, model.state_dict().Select(entry => (entry.Key, entry.Value)));
    }

    /// <summary>Gives model, flat parameters and optimiser the checkpoint's numbers.</summary>
    internal void Restore(DualEncoder model, FlatParameters parameters, FlatAdamW optimizer)
    {
        using var scope = NewDisposeScope();
        Fill(ModelFile, TrainedTensors.Model(model, parameters));
        parameters.RefreshWorking();
        Fill(OptimizerFile, TrainedTensors.Moments(parameters, optimizer));
        optimizer.Steps = State.OptimizerSteps;
    }

    private void Fill(string name, IEnumerable<(string Name, Tensor Tensor)> targets)
    {
        using var free = no_grad();
        using var file = SafetensorsFile.Open(Path.Combine(Folder, name));
        var shapes = file.Entries.ToDictionary(entry => entry.Name, entry => entry.Shape, StringComparer.Ordinal);
        foreach (var (target, tensor) in targets)
        {
            if (!shapes.Remove(target, out var shape)) throw Unfit($"has no '{target}', which the model has");
            if (!shape.SequenceEqual(tensor.shape)) throw Unfit($"has '{target}' of shape [{string.Join(", ", shape)}], the model [{string.Join(", ", tensor.shape)}]");
            using var read = file.Read(target);
            tensor.copy_(read);
        }

        if (shapes.Count > 0) throw Unfit($"has '{shapes.Keys.First()}', which the model lacks");

        InputException Unfit(string what) => new(Path.Combine(Folder, name), what, "Make the model from the checkpoint's own settings");
    }
}
