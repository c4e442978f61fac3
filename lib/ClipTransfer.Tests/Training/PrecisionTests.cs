using ClipTransfer.Data;
using ClipTransfer.Losses;
using ClipTransfer.Runtime;
using ClipTransfer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Training;

public class PrecisionTests
{
    private static readonly PrecisionPolicy _reduced = PrecisionPolicy.Choose(Precision.BFloat16);

    /// <summary>Gradients by name after one batch, in float64.</summary>
    private static Dictionary<string, Tensor> Gradients(SmallRun run, Func<SmallRun, IDisposable> prepare, ScalarType pixels = ScalarType.Float32)
    {
        using var kept = prepare(run);
        using var batch = run.Loader.Batch(0, 0);
        var image = run.Model.EncodeImage(PixelNormalisation.Apply(batch.Pixels).to(pixels));
        new ClipLoss().Compute(image, run.Model.EncodeText(batch.Tokens), run.Model.LogitScale.Value()).Total.backward();
        return run.Model.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.to(ScalarType.Float64));
    }

    private static Dictionary<string, Tensor> Reference()
    {
        using var run = new SmallRun();
        run.Model.to(ScalarType.Float64);
        return Gradients(run, _ => new MemoryStream(), ScalarType.Float64);
    }

    [Theory]
    [InlineData(Precision.Float32, true)]
    [InlineData(Precision.Float32, false)]
    [InlineData(Precision.BFloat16, true)]
    [InlineData(Precision.BFloat16, false)]
    public void Gradients_agree_with_float64_within_the_precisions_rounding(Precision precision, bool channelsLast)
    {
        using var scope = NewDisposeScope();
        var expected = Reference();
        using var run = new SmallRun();
        var found = Gradients(run, r => new FlatParameters(r.Model, PrecisionPolicy.Choose(precision) with { ChannelsLast = channelsLast }));
        // A bfloat16 has a relative spacing of 2⁻⁸; some dozen roundings lie between a weight and the loss.
        var (each, all) = precision == Precision.Float32 ? (1e-4, 1e-5) : (0.25, 0.05);
        double error = 0, size = 0;
        foreach (var (name, gradient) in expected)
        {
            // The attention of a query is the same for every key's bias: its gradient is rounding alone.
            var (difference, length) = ((found[name] - gradient).norm().item<double>(), gradient.norm().item<double>());
            if (!name.EndsWith("keyValue.bias", StringComparison.Ordinal)) Assert.True(difference <= each * length + 1e-9, $"{name}: {difference} of {length}");
            error += difference * difference;
            size += length * length;
        }

        Assert.True(Math.Sqrt(error / size) < all, $"{Math.Sqrt(error / size)}");
    }

    [Fact]
    public void In_bfloat16_large_layers_are_views_of_the_working_copy_and_all_else_of_the_masters()
    {
        using var scope = NewDisposeScope();
        using var run = new SmallRun();
        using var plain = new SmallRun();
        var before = plain.Model.state_dict();
        using (var parameters = new FlatParameters(run.Model, _reduced))
        {
            using (no_grad())
            {
                foreach (var (name, view) in parameters.Views(parameters.Values)) Assert.True(view.eq(before[name]).all().item<bool>(), name);
                foreach (var (name, parameter, offset) in parameters.Entries)
                {
                    var wide = name.Contains("orm", StringComparison.Ordinal) || name is "logitScale.log" or "text.positions";
                    Assert.Equal(wide ? ScalarType.Float32 : ScalarType.BFloat16, parameter.dtype);
                    Assert.Equal(parameter.dtype, parameter.grad!.dtype);
                    var rounded = before[name].to(parameter.dtype);
                    Assert.True(run.Model.get_parameter(name)!.eq(rounded).all().item<bool>(), name);
                    // The same memory: what is written to the flat buffer shows in the model.
                    (wide ? parameters.Values : parameters.Working).narrow(0, offset, 1).fill_(3);
                    Assert.Equal(3f, run.Model.get_parameter(name)!.flatten()[0].to(ScalarType.Float32).item<float>());
                }

                foreach (var (name, view) in parameters.Views(parameters.Values)) view.copy_(before[name]);
                parameters.RefreshWorking();
                Assert.True(parameters.Working.eq(parameters.Values.narrow(0, 0, parameters.ReducedLength).to(ScalarType.BFloat16)).all().item<bool>());
            }
        }

        // Afterwards the model is float32 again, with the masters' digits.
        foreach (var (name, tensor) in run.Model.state_dict())
        {
            Assert.Equal(ScalarType.Float32, tensor.dtype);
            Assert.True(tensor.eq(before[name]).all().item<bool>(), name);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_bfloat16_step_is_a_float32_step_with_the_same_gradients_and_a_rounded_copy(bool fused)
    {
        using var scope = NewDisposeScope();
        var settings = new TrainingSettings { LearningRate = 0.01, ImageRate = 0.5, TextRate = 2, WeightDecay = 0.2, GradientClip = 3 };
        using var narrowRun = new SmallRun();
        using var wideRun = new SmallRun();
        using var narrow = new FlatParameters(narrowRun.Model, _reduced);
        using var wide = new FlatParameters(wideRun.Model);
        using var narrowStep = new FlatAdamW(narrow, settings, fused);
        using var wideStep = new FlatAdamW(wide, settings, fused: true);
        var half = narrow.ReducedLength;
        Assert.InRange(half, wide.Values.numel() / 2, wide.Values.numel() - 1);
        for (var step = 1; step <= 20; step++)
        {
            using var inner = NewDisposeScope();
            random.manual_seed(step);
            narrow.ReducedGradients.copy_(randn(half));
            narrow.Gradients.normal_();
            wide.Gradients.narrow(0, 0, half).copy_(narrow.ReducedGradients);
            wide.Gradients.narrow(0, half, wide.Gradients.numel() - half).copy_(narrow.Gradients);
            var norm = wideStep.GradientNorm();
            Assert.Equal(norm, narrowStep.GradientNorm(), norm * 1e-5);
            narrowStep.Step(1, norm);
            wideStep.Step(1, norm);
        }

        Assert.True(narrow.Values.allclose(wide.Values, 1e-5, 2e-6));
        Assert.True(narrow.Working.eq(narrow.Values.narrow(0, 0, half).to(ScalarType.BFloat16)).all().item<bool>());
        narrowStep.ZeroGradients();
        Assert.Equal(0, narrowStep.GradientNorm());
    }

    [Fact]
    public void A_training_in_bfloat16_follows_the_one_in_float32()
    {
        double[] Losses(Precision precision)
        {
            using var run = new SmallRun(pairs: 32);
            using var trainer = new Trainer(run.Model, new ClipLoss(), run.Loader, SmallRun.Settings(80) with { Precision = precision });
            return [.. trainer.Train().Steps.Select(s => s.Loss)];
        }

        var (wide, narrow) = (Losses(Precision.Float32), Losses(Precision.BFloat16));
        Assert.Equal(wide[0], narrow[0], 0.05 * wide[0]);
        // Rounding makes another path of the same descent: both learn the pairs by heart, from the same start.
        for (var part = 0; part < 4; part++)
            Assert.Equal(wide.Skip(20 * part).Take(20).Average(), narrow.Skip(20 * part).Take(20).Average(), 0.15 * wide[0] / (part + 1));
        Assert.True(narrow[^10..].Average() < 0.5, $"{narrow[^10..].Average()}");
    }

    [Fact]
    public void Auto_takes_what_is_faster_by_a_margin_and_says_what_it_measured()
    {
        PrecisionPolicy From(double productWide, double productNarrow, double wideFirst, double wideLast, double narrowFirst, double narrowLast) => PrecisionPolicy.Of(
        [
            new("matrix product", Precision.Float32, false, productWide, 1), new("matrix product", Precision.BFloat16, false, productNarrow, 1),
            new("convolution", Precision.Float32, false, wideFirst, 1), new("convolution", Precision.Float32, true, wideLast, 1),
            new("convolution", Precision.BFloat16, false, narrowFirst, 1), new("convolution", Precision.BFloat16, true, narrowLast, 1),
        ]);
        Assert.Equal((Precision.Float32, true), Choice(From(2, 20, 5, 4, 50, 60)));
        Assert.Equal((Precision.BFloat16, true), Choice(From(2, 1, 5, 4, 3, 2)));
        Assert.Equal((Precision.Float32, true), Choice(From(2, 1.9, 5, 4, 4, 3.9))); // too close to call
        Assert.Equal((Precision.Float32, false), Choice(From(2, 20, 3, 4, 50, 60)));
        Assert.Equal((Precision.BFloat16, false), Choice(From(4, 1, 6, 6, 1, 2)));
        Assert.Contains("bfloat16 channels-last", From(2, 1, 5, 4, 3, 2).ToString(), StringComparison.Ordinal);
        static (Precision, bool) Choice(PrecisionPolicy policy) => (policy.Working, policy.ChannelsLast);
    }

    [Fact]
    public void The_measurement_covers_both_formats_and_layouts_and_is_made_once()
    {
        var policy = PrecisionPolicy.Choose(Precision.Auto);
        Assert.Same(policy, PrecisionPolicy.Choose(Precision.Auto));
        Assert.Equal(6, policy.Timings.DistinctBy(t => (t.Operation, t.Precision, t.ChannelsLast)).Count());
        Assert.All(policy.Timings, t => Assert.True(t is { Milliseconds: > 0, Rate: > 0 }));
        Assert.Equal(PrecisionPolicy.Of(policy.Timings).Working, policy.Working);
        Assert.NotEqual(Precision.Auto, policy.Working);
        Assert.Empty(PrecisionPolicy.Choose(Precision.BFloat16).Timings);
    }
}
