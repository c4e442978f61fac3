using ClipTransfer.Data;
using ClipTransfer.Losses;
using ClipTransfer.Models;
using ClipTransfer.Runtime;
using ClipTransfer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Training;

public sealed class FlatAdamWTests : IDisposable
{
    private readonly SmallRun _run = new();

    public void Dispose() => _run.Dispose();

    private static readonly TrainingSettings _settings =
        new() { LearningRate = 0.01, ImageRate = 0.5, TextRate = 2, WeightDecay = 0.2, Beta1 = 0.9, Beta2 = 0.98, GradientClip = 3 };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_hundred_steps_agree_with_a_plain_float64_loop(bool fused)
    {
        using var parameters = new FlatParameters(_run.Model);
        using var optimizer = new FlatAdamW(parameters, _settings, fused);
        var p = parameters.Values.data<float>().ToArray().Select(v => (double)v).ToArray();
        var (m, v) = (new double[p.Length], new double[p.Length]);
        var rates = new double[p.Length];
        var decays = new double[p.Length];
        foreach (var range in parameters.Ranges)
        {
            for (var i = range.Offset; i < range.Offset + range.Length; i++)
            {
                rates[i] = 0.01 * (range.Part == ModelPart.Image ? 0.5 : range.Part == ModelPart.Text ? 2 : 1);
                decays[i] = range.Decayed ? 0.2 : 0;
            }
        }

        for (var step = 1; step <= 100; step++)
        {
            using var scope = NewDisposeScope();
            random.manual_seed(step);
            optimizer.ZeroGradients();
            parameters.Gradients.add_(randn_like(parameters.Values) * (step % 3 + 0.01));
            var g = parameters.Gradients.data<float>().ToArray();
            var norm = optimizer.GradientNorm();
            Assert.Equal(Math.Sqrt(g.Sum(x => (double)x * x)), norm, norm * 1e-5);
            var rate = 1.0 / step;
            optimizer.Step(rate, norm);
            for (var i = 0; i < p.Length; i++)
            {
                var gradient = g[i] * Math.Min(1, 3 / (norm + 1e-6));
                m[i] = 0.9 * m[i] + 0.1 * gradient;
                v[i] = 0.98 * v[i] + 0.02 * gradient * gradient;
                p[i] -= rate * rates[i] * decays[i] * p[i];
                p[i] -= rate * rates[i] * (m[i] / (1 - Math.Pow(0.9, step))) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.98, step))) + 1e-8);
            }
        }

        var found = parameters.Values.data<float>().ToArray();
        for (var i = 0; i < p.Length; i++) Assert.True(Math.Abs(found[i] - p[i]) < 2e-6 * Math.Max(1, Math.Abs(p[i])), $"{i}: {found[i]} and {p[i]}");
    }

    [Fact]
    public void It_is_torchsharps_own_adamw_on_the_model()
    {
        using var other = new SmallRun();
        var parameters = other.Model.parameters().ToArray();
        using var torchs = optim.AdamW(parameters, 0.01, 0.9, 0.98, 1e-8, weight_decay: 0);
        using var flat = new FlatParameters(_run.Model);
        using var ours = new FlatAdamW(flat, _settings with { ImageRate = 1, TextRate = 1, WeightDecay = 0, GradientClip = 0 });
        foreach (var batch in _run.Loader.Epoch(0).Concat(_run.Loader.Epoch(1)).Concat(_run.Loader.Epoch(2)))
        {
            using var scope = NewDisposeScope();
            torchs.zero_grad();
            var image = other.Model.EncodeImage(PixelNormalisation.Apply(batch.Pixels));
            new ClipLoss().Compute(image, other.Model.EncodeText(batch.Tokens), other.Model.LogitScale.Value()).Total.backward();
            // The same gradients to both: those of the key's bias are rounding noise alone, which Adam would blow up.
            foreach (var (name, parameter, _) in flat.Entries)
                parameter.grad!.copy_(other.Model.get_parameter(name)!.grad!);
            torchs.step();
            ours.Step(1, ours.GradientNorm());
        }

        foreach (var (name, parameter) in _run.Model.named_parameters())
            Assert.True(parameter.allclose(other.Model.get_parameter(name)!, 1e-5, 1e-6), name);
    }

    [Fact]
    public void Decay_is_for_matrices_and_kernels_only_and_each_part_has_its_own_range()
    {
        using var parameters = new FlatParameters(_run.Model);
        var shapes = _run.Model.named_parameters().ToDictionary(p => p.name, p => p.parameter.shape.Length);
        Assert.Equal(shapes.Keys.Order(StringComparer.Ordinal), parameters.Ranges.SelectMany(r => r.Names).Order(StringComparer.Ordinal));
        foreach (var range in parameters.Ranges)
        {
            Assert.All(range.Names, name =>
            {
                Assert.Equal(range.Decayed, shapes[name] >= 2);
                Assert.Equal(range.FollowsPrecision, !name.Contains("orm", StringComparison.Ordinal) && !name.StartsWith("logitScale", StringComparison.Ordinal) && name != "text.positions");
                Assert.Equal(range.Part, name.StartsWith("image.", StringComparison.Ordinal) ? ModelPart.Image : name.StartsWith("text.", StringComparison.Ordinal) ? ModelPart.Text : ModelPart.Heads);
                if (name.EndsWith("bias", StringComparison.Ordinal) || name.Contains("orm", StringComparison.Ordinal) || name.StartsWith("logitScale", StringComparison.Ordinal)) Assert.False(range.Decayed);
            });
        }

        // Three kinds of text and image numbers at most, neighbours without gaps, each kind once.
        Assert.Equal(parameters.Ranges.Count, parameters.Ranges.DistinctBy(r => (r.Part, r.Decayed, r.FollowsPrecision)).Count());
        Assert.Equal(parameters.Ranges.Skip(1).Select(r => r.Offset).Append(parameters.Values.numel()), parameters.Ranges.Select(r => r.Offset + r.Length));
    }

    [Fact]
    public void With_no_gradient_decayed_numbers_shrink_by_the_product_of_their_factors_and_others_stay()
    {
        using var scope = NewDisposeScope();
        using var parameters = new FlatParameters(_run.Model);
        using var optimizer = new FlatAdamW(parameters, _settings);
        var before = parameters.Values.clone();
        for (var step = 0; step < 10; step++) optimizer.Step(0.5, optimizer.GradientNorm());
        foreach (var range in parameters.Ranges)
        {
            var rate = 0.5 * 0.01 * (range.Part == ModelPart.Image ? 0.5 : range.Part == ModelPart.Text ? 2 : 1);
            var expected = before.narrow(0, range.Offset, range.Length) * (range.Decayed ? Math.Pow(1 - rate * 0.2, 10) : 1);
            Assert.True(parameters.Values.narrow(0, range.Offset, range.Length).allclose(expected, 1e-5, 1e-8));
        }
    }

    [Fact]
    public void Flattening_keeps_every_value_name_and_shape_and_gradients_flow_into_the_flat_buffer()
    {
        using var scope = NewDisposeScope();
        using var other = new SmallRun();
        using var parameters = new FlatParameters(_run.Model);
        foreach (var (name, tensor) in _run.Model.state_dict())
        {
            var expected = other.Model.state_dict()[name];
            Assert.Equal(expected.shape, tensor.shape);
            Assert.True(tensor.eq(expected).all().item<bool>(), name);
        }

        foreach (var run in new[] { _run, other })
        {
            using var batch = run.Loader.Batch(0, 0);
            for (var twice = 0; twice < 2; twice++)
                run.Model.EncodeImage(PixelNormalisation.Apply(batch.Pixels)).sum().backward();
        }

        foreach (var (name, parameter, offset) in parameters.Entries)
        {
            Assert.Equal(0, offset % 32);
            var expected = other.Model.get_parameter(name)!.grad;
            var inOrder = parameters.Gradients.narrow(0, offset, parameter.numel());
            if (expected is null) Assert.True(inOrder.eq(0).all().item<bool>(), name);
            else Assert.True(inOrder.allclose((expected.dim() == 4 ? expected.permute(0, 2, 3, 1) : expected).reshape(-1), 1e-4, 1e-6), name);
        }
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16)]
    public void Off_the_cpu_a_step_takes_as_many_operations_for_many_parameters_as_for_few(Precision precision)
    {
        // Every operation that is not in place makes a tensor, and so does every view that one in place works on.
        long Made(int layers, double textRate)
        {
            Seeds.Fix(0);
            using var model = new DualEncoder(new DualEncoderSettings(
                "Deep", new ImageEncoderSettings(8, [8], layers), new TextEncoderSettings(8, layers, 2, VocabularySize: 9, ContextLength: 4, EndId: 2), EmbedDim: 4));
            using var parameters = new FlatParameters(model, PrecisionPolicy.Choose(precision));
            using var optimizer = new FlatAdamW(parameters, new TrainingSettings { TextRate = textRate }, fused: false);
            var before = DisposeScopeManager.Statistics.CreatedInScopeCount;
            optimizer.Step(1, 1);
            return DisposeScopeManager.Statistics.CreatedInScopeCount - before;
        }

        Assert.Equal(Made(layers: 1, textRate: 1), Made(layers: 12, textRate: 1));
        Assert.InRange(Made(layers: 12, textRate: 1), 4, 20);
        Assert.InRange(Made(layers: 12, textRate: 2), Made(layers: 12, textRate: 1) + 1, 40); // a rate of its own splits the runs
    }

    [Fact]
    public void The_sum_over_chunks_does_not_depend_on_the_number_of_threads()
    {
        using var parameters = new FlatParameters(_run.Model);
        using var optimizer = new FlatAdamW(parameters, _settings);
        random.manual_seed(1);
        using (no_grad()) parameters.Gradients.normal_();
        var threads = get_num_threads();
        try
        {
            var one = optimizer.GradientNorm();
            set_num_threads(4);
            Assert.Equal(one, optimizer.GradientNorm());
        }
        finally
        {
            set_num_threads(threads);
        }
    }
}
