using ClipTransfer.Data;
using ClipTransfer.Losses;
using ClipTransfer.Models;
using ClipTransfer.Runtime;
using ClipTransfer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Training;

public class GradCacheTests
{
    public static TheoryData<string> Losses => [.. _losses.Keys];

    private static readonly Dictionary<string, IContrastiveLoss> _losses =
        new IContrastiveLoss[] { new ClipLoss(), new CyClipLoss(), new ClipRegLoss(), new L2OnlyLoss(), new ClipRegLoss(0.3, new CyClipLoss()) }.ToDictionary(loss => loss.Name);

    /// <summary>The gradient by parameter, float64, in memory of its own.</summary>
    private static Dictionary<string, Tensor> Gradient(DualEncoder model, IContrastiveLoss loss, PairBatch batch, int chunkSize, ScalarType type)
    {
        model.to(type);
        model.zero_grad();
        using var cache = new GradCache(model, loss, chunkSize);
        cache.Backward(batch, rows => PixelNormalisation.Apply(rows.Pixels).to(type), seed: 3);
        return Gradients(model);
    }

    private static Dictionary<string, Tensor> Gradients(DualEncoder model) =>
        model.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad is { } gradient ? gradient.to(ScalarType.Float64, copy: true) : zeros_like(p.parameter, ScalarType.Float64));

    /// <summary>‖a − b‖ / ‖b‖ over all parameters.</summary>
    private static double Distance(Dictionary<string, Tensor> a, Dictionary<string, Tensor> b)
    {
        var gap = b.Sum(p => (a[p.Key] - p.Value).square().sum().item<double>());
        var length = b.Sum(p => p.Value.square().sum().item<double>());
        Assert.True(length > 1e-6);
        return Math.Sqrt(gap / length);
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void The_gradient_in_chunks_is_that_of_the_whole_batch(string method)
    {
        using var scope = NewDisposeScope();
        using var run = new SmallRun(pairs: 24, batchSize: 24);
        using var batch = run.Loader.Batch(0, 0);
        var loss = _losses[method];
        foreach (var (type, rounding) in new[] { (ScalarType.Float32, 2e-5), (ScalarType.Float64, 1e-12) })
        {
            var whole = Gradient(run.Model, loss, batch, 0, type);
            Assert.InRange(Distance(Gradient(run.Model, loss, batch, 8, type), whole), 0, rounding);
            Assert.InRange(Distance(Gradient(run.Model, loss, batch, 7, type), whole), 0, rounding); // 24 = 3 · 7 + 3
        }

        // Small batches whose gradients are added have fewer negatives each: another gradient.
        using var half = batch.Rows(0, 12);
        if (method != "L2") Assert.True(Distance(Gradient(run.Model, loss, half, 0, ScalarType.Float64), Gradient(run.Model, loss, batch, 0, ScalarType.Float64)) > 0.1);
    }

    [Theory]
    [InlineData(12, 2)]
    [InlineData(8, 3)]
    [InlineData(3, 8)]
    public void In_bfloat16_chunks_add_up_with_one_more_rounding_each(int chunkSize, int chunks)
    {
        using var scope = NewDisposeScope();
        using var run = new SmallRun(pairs: 24, batchSize: 24);
        using var parameters = new FlatParameters(run.Model, PrecisionPolicy.Choose(Precision.BFloat16));
        using var batch = run.Loader.Batch(0, 0);
        Tensor Gradient(int size)
        {
            parameters.ReducedGradients.zero_();
            parameters.Gradients.zero_();
            using var cache = new GradCache(run.Model, new ClipLoss(), size);
            cache.Backward(batch, rows => PixelNormalisation.Apply(rows.Pixels), seed: 3);
            return parameters.ReducedGradients.to(ScalarType.Float64, copy: true);
        }

        var (whole, inChunks) = (Gradient(0), Gradient(chunkSize));
        var distance = ((inChunks - whole).norm() / whole.norm()).item<double>();
        // A bfloat16 of 8 bits is rounded by at most 2⁻⁹ of its size. The whole batch rounds a sum once; n chunks round n parts and n − 1 sums, of which each part may be
        // as long as the whole gradient (pairs push in opposite directions), so at most 2n roundings of such a length.
        Assert.InRange(distance, 1e-6, 2 * chunks * Math.Pow(2, -9));
    }

    [Fact]
    public void Dropout_draws_the_same_in_both_passes_as_finite_differences_show()
    {
        using var scope = NewDisposeScope();
        using var run = new SmallRun(pairs: 24, batchSize: 24, projection: ProjectionKind.Residual);
        run.Model.to(ScalarType.Float64);
        run.Model.train();
        using var batch = run.Loader.Batch(0, 0);
        using var cache = new GradCache(run.Model, new ClipLoss(), 9);
        double Loss(long seed) => cache.Backward(batch, rows => PixelNormalisation.Apply(rows.Pixels).to(ScalarType.Float64), seed).Total.item<double>();

        Assert.NotEqual(Loss(1), Loss(2)); // dropout is on
        run.Model.zero_grad();
        Loss(1);
        var gradient = Gradients(run.Model);
        foreach (var (name, parameter) in run.Model.named_parameters().Where(p => p.name.Contains("rojection", StringComparison.Ordinal) && p.parameter.dim() == 2))
        {
            var direction = randn_like(parameter);
            const double Step = 1e-5;
            double At(double length)
            {
                using (no_grad()) parameter.add_(direction, alpha: length);
                var loss = Loss(1);
                using (no_grad()) parameter.add_(direction, alpha: -length);
                return loss;
            }

            var slope = (At(Step) - At(-Step)) / (2 * Step);
            Assert.Equal(slope, (gradient[name] * direction).sum().item<double>(), 1e-6 * Math.Max(1, Math.Abs(slope)));
        }
    }

    [Fact]
    public void Batch_normalisation_is_by_chunk_and_its_running_averages_move_once_a_chunk()
    {
        using var scope = NewDisposeScope();
        using var run = new SmallRun(pairs: 24, batchSize: 24, batchNorm: true);
        using var twin = new SmallRun(pairs: 24, batchSize: 24, batchNorm: true);
        using var batch = run.Loader.Batch(0, 0);
        var inChunks = Gradient(run.Model, new CyClipLoss(), batch, 8, ScalarType.Float64);

        // The same model over each chunk by itself, all with one graph.
        twin.Model.to(ScalarType.Float64);
        var chunks = Enumerable.Range(0, 3).Select(k => batch.Rows(8 * k, 8)).ToArray();
        var image = cat([.. chunks.Select(rows => twin.Model.EncodeImage(PixelNormalisation.Apply(rows.Pixels).to(ScalarType.Float64)))]);
        var text = cat([.. chunks.Select(rows => twin.Model.EncodeText(rows.Tokens))]);
        new CyClipLoss().Compute(image, text, twin.Model.LogitScale.Value()).Total.backward();
        Assert.InRange(Distance(inChunks, Gradients(twin.Model)), 0, 1e-12);
        foreach (var (mine, reference) in run.Model.named_buffers().Zip(twin.Model.named_buffers()))
            Assert.True(allclose(mine.buffer.to(ScalarType.Float64), reference.buffer.to(ScalarType.Float64), rtol: 1e-12, atol: 1e-12), mine.name);
        Assert.Equal(3, run.Model.named_buffers().Single(b => b.name.EndsWith("num_batches_tracked", StringComparison.Ordinal)).buffer.item<long>());

        // And that is not the model which sees the whole batch.
        using var whole = new SmallRun(pairs: 24, batchSize: 24, batchNorm: true);
        Assert.True(Distance(Gradient(whole.Model, new CyClipLoss(), batch, 0, ScalarType.Float64), inChunks) > 1e-3);
    }

    [Fact]
    public void A_training_in_chunks_follows_the_plain_one_to_rounding()
    {
        double[] Losses(int chunkSize)
        {
            using var run = new SmallRun(96);
            using var trainer = new Trainer(run.Model, new ClipRegLoss(), run.Loader, SmallRun.Settings(3) with { ChunkSize = chunkSize, Augmentation = new PixelAugmentation() });
            return [.. trainer.Train().Steps.Select(s => s.Loss)];
        }

        var (plain, chunked) = (Losses(0), Losses(12));
        for (var k = 0; k < plain.Length; k++) Assert.Equal(plain[k], chunked[k], 2e-3);
    }
}
