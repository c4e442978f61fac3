using System.Globalization;
using ClipTransfer.Data;
using ClipTransfer.Losses;
using ClipTransfer.Models;
using ClipTransfer.Runtime;
using ClipTransfer.Training;
using ClipTransfer.Training.Distributed;
using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Benchmarks;

/// <summary>What several processes compute together against what one computes: to be run on a cluster before it is trusted.</summary>
internal static class MpiCheck
{
    private const int BatchSize = 16;

    private static readonly DualEncoderSettings _micro = new("Micro", new ImageEncoderSettings(8, [16, 16]), new TextEncoderSettings(16, 1, 2), EmbedDim: 8);

    // Without batch statistics; with two layers of them; and with sixteen, over as few as 16 numbers, where float32 itself keeps five digits of the gradient.
    private static readonly (string Name, DualEncoderSettings Settings)[] _models =
    [
        ("group norm", _micro), ("batch norm", _micro), ("ResNet", _micro with { Image = new ResNetSettings([1, 1, 1, 1], 4) }),
    ];

    /// <summary>A line a comparison: what, and ‖difference‖/‖one process's‖, or how many differ; in float32 also how far one process's gradient is from float64's.</summary>
    public static IEnumerable<string> Lines(ICommunicator across)
    {
        yield return Line("sums over the processes", SumError(across));
        foreach (var (name, settings) in _models)
        {
            using var work = new Workload(settings, 32, 2 * BatchSize, BatchSize);
            if (name == _models[0].Name) yield return Line("batches whose rows differ", OrderDifferences(across, work.Loader));
            foreach (var method in name == "ResNet" ? ["CyCLIP+Reg"] : MethodSettings.Names)
            {
                foreach (var type in new[] { ScalarType.Float64, ScalarType.Float32 })
                {
                    yield return Gradients(across, work, name, method, type, 0);
                    if (name == "group norm") yield return Gradients(across, work, name, method, type, 3); // elsewhere chunks are another model
                }
            }
        }
    }

    private static string Line(string what, double number, string remark = "") => string.Create(CultureInfo.InvariantCulture, $"{what} | {number:0.0e+0}{remark}");

    private static double SumError(ICommunicator across)
    {
        using var scope = NewDisposeScope();
        var numbers = arange(100_003, ScalarType.Float64) + across.Rank;
        across.Sum(numbers);
        var n = across.Size;
        return (numbers - (n * arange(100_003, ScalarType.Float64)) - (n * (n - 1) / 2.0)).abs().max().item<double>();
    }

    private static int OrderDifferences(ICommunicator across, PairLoader loader)
    {
        var different = 0;
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var parts = loader.Part(across.Rank, across.Size).Epoch(epoch).ToArray();
            foreach (var (whole, part) in loader.Epoch(epoch).Zip(parts))
            {
                using (whole)
                using (part)
                using (var images = tensor(part.Images))
                using (var tokens = across.Gather(part.Tokens))
                using (var gathered = across.Gather(images))
                    if (!gathered.data<int>().SequenceEqual(whole.Images) || !tokens.Equals(whole.Tokens)) different++;
            }
        }

        return different;
    }

    private static string Gradients(ICommunicator across, Workload work, string model, string method, ScalarType type, int chunkSize)
    {
        using var scope = NewDisposeScope();
        using var whole = work.Loader.Batch(1, 1);
        using var part = work.Loader.Part(across.Rank, across.Size).Batch(1, 1);
        var alone = Gradient(work, model, method, type, whole, 0, new SingleProcess());
        var together = Gradient(work, model, method, type, part, chunkSize, across);
        var exact = type == ScalarType.Float64 ? alone : Gradient(work, model, method, ScalarType.Float64, whole, 0, new SingleProcess());
        return Line(
            $"gradient{(chunkSize > 0 ? " in chunks" : "")}, {method}, {model}, {type}", Distance(together, alone),
            type == ScalarType.Float64 ? "" : string.Create(CultureInfo.InvariantCulture, $" | {Distance(alone, exact):0.0e+0}"));

        static double Distance(Tensor a, Tensor b) => ((a - b).norm() / b.norm()).item<double>();
    }

    // All gradients as one vector, float64. In float32 they lie in the trainer's flat buffer and are summed as it does.
    private static Tensor Gradient(Workload work, string name, string method, ScalarType type, PairBatch batch, int chunkSize, ICommunicator across)
    {
        using var scope = NewDisposeScope();
        using var model = NewModel(work.Model with { LogitBias = method.StartsWith("SigLIP", StringComparison.Ordinal) ? -3 : null }, name);
        Shake(model);
        model.to(type);
        if (across.Size > 1) SyncBatchNorm.Share(model, across);
        using var flat = type == ScalarType.Float32 ? new FlatParameters(model) : null;
        using var gradients = new GradCache(model, new MethodSettings { Name = method, Weight = 0.3 }.Create(model.LogitBias), chunkSize, across);
        gradients.Backward(batch, rows => PixelNormalisation.Apply(rows.Pixels).to(type), seed: 5);
        flat?.SumGradients(across);
        var all = cat([.. model.parameters().Select(p => p.grad is { } gradient ? gradient.flatten() : zeros(p.numel(), type))]);
        if (flat is null) across.Sum(all);
        return all.to(ScalarType.Float64, copy: true).MoveToOuterDisposeScope();
    }

    private static DualEncoder NewModel(DualEncoderSettings settings, string name)
    {
        Seeds.Fix(0);
        if (name != "batch norm") return new DualEncoder(settings);
        var tower = nn.Sequential(
            nn.Conv2d(3, 8, 5, 2), new BatchNormalisation(8), nn.ReLU(), nn.Conv2d(8, 16, 3, 2), new BatchNormalisation(16), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten());
        return new DualEncoder(
            settings, tower, new TransformerTextEncoder((TextEncoderSettings)settings.Text), nn.Linear(16, settings.EmbedDim), nn.Linear(settings.Text.FeatureWidth, settings.EmbedDim));
    }

    // Gains that start at 0 would hide what lies before them.
    private static void Shake(DualEncoder model)
    {
        using var free = no_grad();
        foreach (var parameter in model.parameters().Where(p => p.dim() > 0)) parameter.add_(0.05 * randn_like(parameter));
    }
}
