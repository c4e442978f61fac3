using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Training;

/// <summary>AdamW on flat parameters: one fused pass over the memory on a CPU, a handful of kernels on another device.</summary>
public sealed unsafe class FlatAdamW : IDisposable
{
    private readonly FlatParameters _parameters;
    private readonly TrainingSettings _settings;
    private readonly (ParameterRange Range, long Offset, int Length)[] _work;
    private readonly bool _fused;

    /// <summary>Starts with moments of zero.</summary>
    /// <param name="parameters">What to step.</param>
    /// <param name="settings">Learning rates, decay, βs, ε and the clip.</param>
    /// <param name="fused">Whether to use the fused pass; null decides by the device. It needs memory that the CPU sees.</param>
    public FlatAdamW(FlatParameters parameters, TrainingSettings settings, bool? fused = null)
    {
        _parameters = parameters;
        _settings = settings;
        _fused = fused ?? parameters.Values.device_type == DeviceType.CPU;
        FirstMoment = zeros_like(parameters.Values).DetachFromDisposeScope();
        SecondMoment = zeros_like(parameters.Values).DetachFromDisposeScope();
        _work = [.. parameters.Ranges.SelectMany(Chunks)];
    }

    /// <summary>m, the running mean of gradients, <c>[N] float32</c>.</summary>
    public Tensor FirstMoment { get; }

    /// <summary>v, the running mean of squared gradients, <c>[N] float32</c>.</summary>
    public Tensor SecondMoment { get; }

    /// <summary>t, the steps taken.</summary>
    public int Steps { get; internal set; }

    /// <summary>Sets all gradients to zero, before back-propagation.</summary>
    public void ZeroGradients() => _parameters.Gradients.zero_();

    /// <summary>The gradients' global norm √Σ g², in float64 over the chunks' sums. Infinite or NaN where a gradient is.</summary>
    public double GradientNorm()
    {
        if (!_fused)
        {
            using var scope = NewDisposeScope();
            return _parameters.Gradients.norm().item<float>();
        }

        var sums = new double[_work.Length];
        fixed (byte* bytes = _parameters.Gradients.bytes)
        {
            var gradients = (float*)bytes;
            Parallel.For(0, _work.Length, Threads(), k => sums[k] = AdamWKernel.SumOfSquares(gradients + _work[k].Offset, _work[k].Length));
        }

        return Math.Sqrt(sums.Sum());
    }

    /// <summary>
    /// One step: the gradient is scaled to <see cref="TrainingSettings.GradientClip"/> if it is longer, then
    /// m ← β1 m + (1−β1) g, v ← β2 v + (1−β2) g², p ← (1 − η λ) p − η · (m/(1−β1^t)) / (√(v/(1−β2^t)) + ε), with λ = 0 where a range does not decay.
    /// </summary>
    /// <param name="rate">The schedule's share of the highest learning rate.</param>
    /// <param name="gradientNorm">What <see cref="GradientNorm"/> gave.</param>
    public void Step(double rate, double gradientNorm)
    {
        Steps++;
        // As torch's clip_grad_norm_, which adds 1e-6 to the norm.
        var clip = _settings.GradientClip > 0 ? Math.Min(1, _settings.GradientClip / (gradientNorm + 1e-6)) : 1;
        if (_fused) FusedStep(rate, clip);
        else TensorStep(rate, clip);
    }

    /// <summary>The learning rate of a part at a share of the highest one.</summary>
    public double LearningRate(ModelPart part, double rate) => rate * _settings.LearningRate * part switch
    {
        ModelPart.Image => _settings.ImageRate,
        ModelPart.Text => _settings.TextRate,
        _ => _settings.HeadRate,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }

    private void FusedStep(double rate, double clip)
    {
        var coefficients = _parameters.Ranges.ToDictionary(range => range, range => Coefficients(range, rate, clip));
        // The tensors' memory is native and does not move; `fixed` only turns the spans into pointers.
        fixed (byte* values = _parameters.Values.bytes, gradients = _parameters.Gradients.bytes, first = FirstMoment.bytes, second = SecondMoment.bytes)
        {
            float* p = (float*)values, g = (float*)gradients, m = (float*)first, v = (float*)second;
            Parallel.For(0, _work.Length, Threads(), k =>
            {
                var (range, offset, length) = _work[k];
                AdamWKernel.Step(p + offset, g + offset, m + offset, v + offset, length, coefficients[range]);
            });
        }
    }

    private void TensorStep(double rate, double clip)
    {
        using var scope = NewDisposeScope();
        using var free = no_grad();
        _parameters.Gradients.mul_(clip);
        FirstMoment.mul_(_settings.Beta1).add_(_parameters.Gradients, alpha: 1 - _settings.Beta1);
        SecondMoment.mul_(_settings.Beta2).addcmul_(_parameters.Gradients, _parameters.Gradients, 1 - _settings.Beta2);
        foreach (var range in _parameters.Ranges)
        {
            var c = Coefficients(range, rate, clip);
            var denominator = SecondMoment.narrow(0, range.Offset, range.Length).sqrt().mul_(c.SecondScale).add_(_settings.Epsilon);
            _parameters.Values.narrow(0, range.Offset, range.Length).mul_(c.Keep)
                .addcdiv_(FirstMoment.narrow(0, range.Offset, range.Length), denominator, -c.StepSize);
        }
    }

    private AdamWKernel.Coefficients Coefficients(ParameterRange range, double rate, double clip)
    {
        var learningRate = LearningRate(range.Part, rate);
        return new AdamWKernel.Coefficients(
            (float)_settings.Beta1, (float)_settings.Beta2, (float)_settings.Epsilon, (float)clip,
            (float)(1 - (range.Decayed ? learningRate * _settings.WeightDecay : 0)),
            (float)(learningRate / (1 - Math.Pow(_settings.Beta1, Steps))),
            (float)(1 / Math.Sqrt(1 - Math.Pow(_settings.Beta2, Steps))));
    }

    private static ParallelOptions Threads() => new() { MaxDegreeOfParallelism = get_num_threads() };

    private static IEnumerable<(ParameterRange Range, long Offset, int Length)> Chunks(ParameterRange range)
    {
        for (long at = 0; at < range.Length; at += AdamWKernel.Chunk)
            yield return (range, range.Offset + at, (int)Math.Min(AdamWKernel.Chunk, range.Length - at));
    }
}
