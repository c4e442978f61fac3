using ClipTransfer.Models;
using static TorchSharp.torch;

namespace ClipTransfer.Training;

/// <summary>The tensors that a checkpoint holds, by name: the live ones, to be written or to be filled.</summary>
internal static class TrainedTensors
{
    /// <summary>Trained weights (their float32 masters), frozen ones, and buffers.</summary>
    public static IEnumerable<(string Name, Tensor Tensor)> Model(DualEncoder model, FlatParameters parameters)
    {
        var masters = parameters.Masters.ToDictionary(view => view.Name, view => view.Master, StringComparer.Ordinal);
        return model.state_dict().Select(entry => (entry.Key, masters.GetValueOrDefault(entry.Key, entry.Value)));
    }

    /// <summary>AdamW's moments.</summary>
    public static IEnumerable<(string Name, Tensor Tensor)> Moments(FlatParameters parameters, FlatAdamW optimizer) =>
        parameters.Views(optimizer.FirstMoment).Select(view => ("first." + view.Name, view.View))
            .Concat(parameters.Views(optimizer.SecondMoment).Select(view => ("second." + view.Name, view.View)));

    /// <summary>Whether every number is finite; numbers that are not floating are.</summary>
    public static bool AreFinite(IEnumerable<(string Name, Tensor Tensor)> tensors)
    {
        using var scope = NewDisposeScope();
        return tensors.All(t => !t.Tensor.is_floating_point() || t.Tensor.isfinite().all().item<bool>());
    }
}
