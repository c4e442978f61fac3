using ClipTransfer.Models;
using ClipTransfer.Training;
using static TorchSharp.torch;

namespace ClipTransfer.Benchmarks;

/// <summary>A step of the flat AdamW against a step of TorchSharp's, on the same tensors.</summary>
internal static class OptimizerSpeed
{
    /// <summary>How many times as fast a step is.</summary>
    /// <param name="layers">Square linear layers: each has two tensors.</param>
    /// <param name="width">Their width.</param>
    /// <param name="turns">Interleaved repeats.</param>
    public static double Ratio(int layers = 150, int width = 447, int turns = 15)
    {
        using var theirs = Layers(layers, width);
        using var ours = Layers(layers, width);
        var record = new DualEncoderSettings("Layers", new ImageEncoderSettings(8, [8]), new TextEncoderSettings(8, 1, 1), width, TrainTemperature: false);
        using var model = new DualEncoder(record, ours, nn.Identity(), nn.Identity(), nn.Identity());
        var settings = new TrainingSettings { GradientClip = 0 };
        using var torchs = optim.AdamW(theirs.parameters(), settings.LearningRate, settings.Beta1, settings.Beta2, settings.Epsilon, settings.WeightDecay);
        using var parameters = new FlatParameters(model);
        using var flat = new FlatAdamW(parameters, settings);
        using (no_grad())
        {
            parameters.Gradients.normal_();
            foreach (var parameter in theirs.parameters()) parameter.grad = randn_like(parameter).DetachFromDisposeScope();
        }

        var times = Interleaved.Medians(turns, () => torchs.step(), () => flat.Step(1, 1));
        return times[0] / times[1];
    }

    private static TorchSharp.Modules.Sequential Layers(int layers, int width) =>
        nn.Sequential(Enumerable.Range(0, layers).Select(k => ($"layer{k}", (nn.Module<Tensor, Tensor>)nn.Linear(width, width))));
}
