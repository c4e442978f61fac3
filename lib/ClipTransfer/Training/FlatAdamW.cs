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
    public void ZeroGradients()
    {
        _parameters.Gradients.zero_();
        _parameters.ReducedGradients.zero_();
    }

    /// <summary>The gradients' global norm √Σ g², in float64 over the chunks' sums. Infinite or NaN where a gradient is.</summary>
    public double GradientNorm()
    {
        if (!_fused)
        {
            using var scope = NewDisposeScope();
            return AllGradients().norm().item<float>();
        }

        var sums = new double[_work.Length];
        fixed (byte* wide = _parameters.Gradients.bytes, narrow = _parameters.ReducedGradients.bytes)
        {
            var (gradients, reduced, boundary) = ((nint)wide, (nint)narrow, _parameters.ReducedLength);
            Parallel.For(0, _work.Length, Threads(), k =>
            {
                var (_, offset, length) = _work[k];
                sums[k] = offset < boundary
                    ? AdamWKernel.SumOfSquares((ushort*)reduced + offset, length)
                    : AdamWKernel.SumOfSquares((float*)gradients + offset - boundary, length);
            });
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
        fixed (byte* values = _parameters.Values.bytes, wide = _parameters.Gradients.bytes, first = FirstMoment.bytes, second = SecondMoment.bytes,
               narrow = _parameters.ReducedGradients.bytes, copy = _parameters.Working.bytes)
        {
            float* p = (float*)values, g = (float*)wide, m = (float*)first, v = (float*)second;
            ushort* reduced = (ushort*)narrow, working = (ushort*)copy;
            var boundary = _parameters.ReducedLength;
            Parallel.For(0, _work.Length, Threads(), k =>
            {
                var (range, at, length) = _work[k];
                if (at < boundary) AdamWKernel.Step(p + at, reduced + at, working + at, m + at, v + at, length, coefficients[range]);
                else AdamWKernel.Step(p + at, g + at - boundary, m + at, v + at, length, coefficients[range]);
            });
        }
    }

    // A dozen kernels, however many parameters: whole buffers, and one run of neighbours for each learning rate and decay.
    private void TensorStep(double rate, double clip)
    {
        using var scope = NewDisposeScope();
        using var free = no_grad();
        var gradients = AllGradients() * clip;
        FirstMoment.mul_(_settings.Beta1).add_(gradients, alpha: 1 - _settings.Beta1);
        SecondMoment.mul_(_settings.Beta2).addcmul_(gradients, gradients, 1 - _settings.Beta2);
        var some = Coefficients(_parameters.Ranges[0], rate, clip);
        var denominator = SecondMoment.sqrt().mul_(some.SecondScale).add_(_settings.Epsilon);
        foreach (var (start, length, c) in Runs(rate, clip))
        {
            var values = _parameters.Values.narrow(0, start, length);
            if (c.Keep != 1) values.mul_(c.Keep);
            values.addcdiv_(FirstMoment.narrow(0, start, length), denominator.narrow(0, start, length), -c.StepSize);
        }

        _parameters.RefreshWorking();
    }

    private Tensor AllGradients() => _parameters.ReducedLength == 0
        ? _parameters.Gradients
        : cat([_parameters.ReducedGradients.to(ScalarType.Float32), _parameters.Gradients]);

    private IEnumerable<(long Start, long Length, AdamWKernel.Coefficients Coefficients)> Runs(double rate, double clip)
    {
        var (start, length, last) = (0L, 0L, default(AdamWKernel.Coefficients));
        foreach (var range in _parameters.Ranges)
        {
            var c = Coefficients(range, rate, clip);
            if (length > 0 && c != last)
            {
                yield return (start, length, last);
                (start, length) = (range.Offset, 0);
            }

            (length, last) = (length + range.Length, c);
        }

        yield return (start, length, last);
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
