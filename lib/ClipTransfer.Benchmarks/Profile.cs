using System.Globalization;
using ClipTransfer.Data;
using ClipTransfer.Losses;
using ClipTransfer.Models;
using ClipTransfer.Runtime;
using ClipTransfer.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ClipTransfer.Benchmarks;

/// <summary>Where a step's time goes: each layer alone, forward and backward, with the input that it gets in the model.</summary>
/// <remarks>A layer alone finds its input in no cache, and the sum knows nothing of what lies between layers: what the step takes beyond the sum is the last row.</remarks>
internal static class Profile
{
    /// <summary>Rows <c>kind | layers | ms | share of the step | GFLOP/s</c>.</summary>
    public static IEnumerable<string> Lines(Workload work, int turns = 5)
    {
        using var scope = NewDisposeScope();
        using var model = work.NewModel();
        using var parameters = new FlatParameters(model, PrecisionPolicy.Choose(Precision.Auto));
        using var optimizer = new FlatAdamW(parameters, new TrainingSettings());
        using var batch = work.Loader.Batch(0, 0);
        using var gradients = new GradCache(model, new ClipLoss());
        var calls = Calls(model, batch);
        var works = calls.Select(call => (Action)(() => Run(call.Layer, call.Input)))
            .Append(() => PixelNormalisation.Apply(batch.Pixels).Dispose())
            .Append(() => optimizer.Step(0.1, optimizer.GradientNorm()))
            .Append(() =>
            {
                using var inner = NewDisposeScope();
                optimizer.ZeroGradients();
                gradients.Backward(batch, rows => PixelNormalisation.Apply(rows.Pixels), 0);
                optimizer.Step(0.1, optimizer.GradientNorm());
            });
        var times = Interleaved.Medians(turns, [.. works]);
        var step = times[^1];
        IEnumerable<(string Kind, double Seconds, double Operations)> timed = calls.Select((call, k) => (call.Kind, times[k], call.Operations))
            .Append(("uint8 to float32, normalised", times[^3], 0))
            .Append(("gradient norm and AdamW", times[^2], 0));
        var rows = timed.GroupBy(row => row.Kind)
            .Select(group => (Kind: group.Key, Count: group.Count(), Seconds: group.Sum(r => r.Seconds), Operations: group.Sum(r => r.Operations))).ToList();
        foreach (var row in rows.OrderByDescending(row => row.Seconds)) yield return Row(row.Kind, row.Count, row.Seconds, row.Operations);
        yield return Row("between layers: sums, ReLU, GELU, attention, loss, autograd", 0, step - rows.Sum(row => row.Seconds), 0);
        yield return Row("the whole step", 1, step, rows.Sum(row => row.Operations));

        string Row(string kind, int count, double seconds, double operations) => string.Create(
            CultureInfo.InvariantCulture, $"{kind} | {count} | {1e3 * seconds:0.0} | {seconds / step:0 %} | {(operations > 0 ? (operations / seconds / 1e9).ToString("0", CultureInfo.InvariantCulture) : "")}");
    }

    private static List<(string Kind, nn.Module<Tensor, Tensor> Layer, Tensor Input, double Operations)> Calls(DualEncoder model, PairBatch batch)
    {
        var calls = new List<(string, nn.Module<Tensor, Tensor>, Tensor, double)>();
        var hooks = model.modules().OfType<nn.Module<Tensor, Tensor>>()
            .Where(module => module is Conv2d or Linear or GroupNorm or BatchNormalisation or LayerNorm or Embedding)
            .Select(module => module.register_forward_hook((layer, input, output) =>
            {
                calls.Add((Kind(layer, input), layer, input.detach().clone().DetachFromDisposeScope(), Operations(layer, output)));
                return output;
            })).ToArray();
        using (no_grad())
        {
            model.EncodeImage(PixelNormalisation.Apply(batch.Pixels));
            model.EncodeText(batch.Tokens);
        }

        foreach (var hook in hooks) hook.remove();
        return calls;
    }

    private static string Kind(nn.Module<Tensor, Tensor> layer, Tensor input) => layer switch
    {
        Conv2d convolution => $"convolution {convolution.weight!.shape[2]}×{convolution.weight.shape[3]} at {input.shape[2]}×{input.shape[3]}, {input.shape[1]} to {convolution.weight.shape[0]} channels",
        Linear => input.dim() == 3 && input.shape[1] > 1 ? "linear layers over all tokens" : "linear layers over one row a pair",
        Embedding => "embedding table",
        LayerNorm => "layer normalisation",
        _ => "group normalisation",
    };

    private static double Operations(nn.Module<Tensor, Tensor> layer, Tensor output) => 3 * (layer switch
    {
        Conv2d convolution => ModelCost.Convolution(output, convolution.weight!),
        Linear linear => ModelCost.LinearLayer(output, linear.weight!),
        _ => 0.0,
    });

    private static void Run(nn.Module<Tensor, Tensor> layer, Tensor input)
    {
        using var scope = NewDisposeScope();
        // Pixels and token ids need no gradient.
        var x = input.is_floating_point() && input.shape[1] != 3 ? input.detach().requires_grad_() : input;
        var y = layer.call(x);
        y.backward([ones_like(y)]);
    }
}
