using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using TorchSharp;
using static TorchSharp.torch;

namespace ClipTransfer.Runtime;

/// <summary>How a model computes: the number format of its large layers, and the memory layout of its convolutions.</summary>
/// <remarks>
/// Float32 always: weights as the optimiser sees them, normalisation layers, the embeddings' length, softmax, losses. TorchSharp has no memory format: a kernel that is a
/// channels-last view makes a convolution read and write channels-last, so the layout is a property of the weights.
/// </remarks>
/// <param name="Asked">What the settings say.</param>
/// <param name="Working">What it came to: float32 or bfloat16.</param>
/// <param name="ChannelsLast">Whether convolutions keep their activations as <c>[B, h, w, C]</c> in memory.</param>
/// <param name="Timings">What was measured; empty where nothing had to be.</param>
public sealed record PrecisionPolicy(Precision Asked, Precision Working, bool ChannelsLast, IReadOnlyList<PrecisionTiming> Timings)
{
    /// <summary>How much faster a choice must be than the ordinary one: what is closer than this is left to noise.</summary>
    public const double Margin = 1.15;

    private static readonly Precision[] _formats = [Precision.Float32, Precision.BFloat16];
    private static readonly bool[] _layouts = [false, true];
    private static readonly Lock _gate = new();
    private static readonly Dictionary<string, PrecisionPolicy> _measured = new(StringComparer.Ordinal);

    /// <summary>float32, channels-last: what a model computes in unless told otherwise.</summary>
    public static PrecisionPolicy Float32 { get; } = new(Precision.Float32, Precision.Float32, ChannelsLast: true, []);

    /// <summary>The torch type of <see cref="Working"/>.</summary>
    [JsonIgnore]
    public ScalarType ScalarType => Working == Precision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <summary>The policy for a setting on <see cref="TorchRuntime.Device"/>. <see cref="Precision.Auto"/> measures once a process and device, in one or two seconds.</summary>
    /// <remarks>
    /// Auto takes bfloat16 where a product of matrices and a convolution with its gradients together are at least <see cref="Margin"/> times as fast in it, and the plain layout where convolutions
    /// are that much faster in it; otherwise what the others take, float32 and channels-last.
    /// </remarks>
    public static PrecisionPolicy Choose(Precision asked)
    {
        if (asked != Precision.Auto) return Float32 with { Asked = asked, Working = asked };
        lock (_gate)
        {
            var device = TorchRuntime.Device.ToString();
            if (!_measured.TryGetValue(device, out var policy)) _measured[device] = policy = Of(Measure());
            return policy;
        }
    }

    /// <summary>What follows from a measurement.</summary>
    internal static PrecisionPolicy Of(IReadOnlyList<PrecisionTiming> timings)
    {
        double Products(Precision precision) => timings.Where(t => !Convolution(t) && t.Precision == precision).Sum(t => t.Milliseconds);
        double Convolutions(Precision precision, bool last) => timings.Where(t => Convolution(t) && t.Precision == precision && t.ChannelsLast == last).Sum(t => t.Milliseconds);
        bool Last(Precision precision) => Convolutions(precision, true) <= Margin * Convolutions(precision, false);
        double Total(Precision precision) => Products(precision) + Convolutions(precision, Last(precision));
        var working = Total(Precision.Float32) >= Margin * Total(Precision.BFloat16) ? Precision.BFloat16 : Precision.Float32;
        return new PrecisionPolicy(Precision.Auto, working, Last(working), timings);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var layout = ChannelsLast ? "channels-last" : "channels first";
        var choice = $"{Working.ToString().ToLowerInvariant()}, {layout}";
        return Timings.Count == 0 ? choice : $"{choice} (measured, GFLOP/s: {string.Join("; ", Timings.Select(Line))})";

        static string Line(PrecisionTiming t) => string.Create(CultureInfo.InvariantCulture,
            $"{t.Operation} {t.Precision.ToString().ToLowerInvariant()}{(Convolution(t) ? t.ChannelsLast ? " channels-last" : " channels first" : "")} {t.Rate:0}");
    }

    private static bool Convolution(PrecisionTiming timing) => timing.Operation.StartsWith("convolution", StringComparison.Ordinal);

    private static PrecisionTiming[] Measure()
    {
        // Interleaved, so that a moment in which the machine is busy falls on all.
        (string Name, Precision Precision, bool Last, double Operations, Func<Action> Make)[] candidates =
        [
            .. from precision in _formats
               select ("matrix product 384", precision, false, 2.0 * 384 * 384 * 384, (Func<Action>)(() => Product(Type(precision)))),
            .. from precision in _formats
               from last in _layouts
               select ("convolution 3×3, 64 channels, 16×16, with gradients", precision, last, 3 * 2.0 * 4 * 64 * 64 * 9 * 256, (Func<Action>)(() => Convolve(Type(precision), last))),
        ];
        using var scope = NewDisposeScope();
        var work = candidates.Select(c => c.Make()).ToArray();
        var times = work.Select(_ => new List<double>()).ToArray();
        for (var repeat = -1; repeat < 7; repeat++) // the first one warms up
        {
            for (var k = 0; k < work.Length; k++)
            {
                var since = Stopwatch.GetTimestamp();
                work[k]();
                if (TorchRuntime.Device.type == DeviceType.CUDA) cuda.synchronize();
                if (repeat >= 0) times[k].Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
            }
        }

        return [.. candidates.Select((c, k) =>
        {
            var best = times[k].Min(); // what others do on the machine only ever adds
            return new PrecisionTiming(c.Name, c.Precision, c.Last, best, c.Operations / best / 1e6);
        })];
    }

    private static ScalarType Type(Precision precision) => precision == Precision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;

    private static Action Product(ScalarType type)
    {
        var (a, b) = (ones(384, 384, type, TorchRuntime.Device), ones(384, 384, type, TorchRuntime.Device));
        return () =>
        {
            using var product = a.matmul(b);
        };
    }

    private static Action Convolve(ScalarType type, bool last)
    {
        var (input, kernel) = (Ones(4, 64, 16, 16), Ones(64, 64, 3, 3));
        return () =>
        {
            using var scope = NewDisposeScope();
            using var on = enable_grad();
            var (x, w) = (input.detach().requires_grad_(), kernel.detach().requires_grad_());
            nn.functional.conv2d(x, w, padding: [1, 1]).sum().backward();
        };

        Tensor Ones(long a, long b, long c, long d) => last
            ? ones(a, c, d, b, type, TorchRuntime.Device).permute(0, 3, 1, 2)
            : ones(a, b, c, d, type, TorchRuntime.Device);
    }
}
