using ClipTransfer.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ClipTransfer.Evaluation;

/// <summary>A linear classifier on frozen features as CyCLIP's public code trains it: AdamW, cosine schedule, small batches.</summary>
/// <param name="LearningRate">0.005 [S].</param>
/// <param name="WeightDecay">0.01 on the weights, none on the bias [S].</param>
/// <param name="Epochs">32 [S].</param>
/// <param name="BatchSize">16 [S].</param>
public sealed record GradientProbe(double LearningRate = 0.005, double WeightDecay = 0.01, int Epochs = 32, int BatchSize = 16)
{
    /// <summary>Trains on one set and counts on another.</summary>
    /// <param name="train">Training features, <c>[N, F]</c>: in CyCLIP's code image embeddings that are not normalised.</param>
    /// <param name="trainLabels">Their classes.</param>
    /// <param name="test">Test features, <c>[M, F]</c>.</param>
    /// <param name="testLabels">Their classes.</param>
    /// <param name="classes">K.</param>
    /// <param name="seed">Decides first weights and the order of images.</param>
    public ProbeResult Evaluate(Tensor train, IReadOnlyList<int> trainLabels, Tensor test, IReadOnlyList<int> testLabels, int classes, long seed)
    {
        using var scope = NewDisposeScope();
        return ProbeResult.Of(LinearProbe.Ranks(Fit(train, trainLabels, classes, seed), test, testLabels), classes, double.NaN);
    }

    /// <summary>Trains: the steps are those of AdamW on the mean cross-entropy of a batch, at a learning rate that falls along half a cosine from the first step on.</summary>
    /// <returns>W with b as its last column, <c>[K, F + 1] float64</c>.</returns>
    /// <inheritdoc cref="Evaluate"/>
    internal Tensor Fit(Tensor train, IReadOnlyList<int> trainLabels, int classes, long seed)
    {
        using var scope = NewDisposeScope();
        Seeds.Fix(Seeds.Derive(seed, "probe"));
        var features = Embeddings.Finite(train, "linear probe").to(ScalarType.Float32);
        var labels = tensor(trainLabels.Select(label => (long)label).ToArray());
        using var layer = nn.Linear(features.shape[1], classes);
        using var optimizer = optim.AdamW(
            new AdamW.ParamGroup[] { new([layer.weight!], new() { weight_decay = WeightDecay }), new([layer.bias!], new() { weight_decay = 0 }) }, LearningRate);
        var (steps, step) = (Epochs * ((trainLabels.Count + BatchSize - 1) / BatchSize), 0);
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            using var pass = NewDisposeScope();
            var order = randperm(trainLabels.Count, ScalarType.Int64);
            for (var from = 0; from < trainLabels.Count; from += BatchSize, step++)
            {
                using var batch = NewDisposeScope();
                var rows = order.narrow(0, from, Math.Min(BatchSize, trainLabels.Count - from));
                foreach (var group in optimizer.ParamGroups) group.LearningRate = LearningRate * 0.5 * (1 + Math.Cos(Math.PI * step / steps));
                optimizer.zero_grad();
                nn.functional.cross_entropy(layer.call(features[rows]), labels[rows]).backward();
                optimizer.step();
            }
        }

        using var free = no_grad();
        return cat([layer.weight!, layer.bias!.unsqueeze(1)], 1).to(ScalarType.Float64).MoveToOuterDisposeScope();
    }
}
