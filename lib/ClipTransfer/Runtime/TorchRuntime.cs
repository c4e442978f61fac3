using System.Runtime.InteropServices;
using TorchSharp;

namespace ClipTransfer.Runtime;

/// <summary>The device, threads, libraries and precision that a run uses.</summary>
/// <param name="Device">For example <c>cpu</c> or <c>cuda:0</c>.</param>
/// <param name="Threads">Threads of libtorch's CPU kernels.</param>
/// <param name="Processor">The processor's name, where the system tells it, and its vector instructions.</param>
/// <param name="System">Operating system and architecture.</param>
/// <param name="DotNet">The .NET runtime.</param>
/// <param name="TorchSharp">TorchSharp's version.</param>
/// <param name="LibTorch">libtorch's version, and whose it is when it is not the package's.</param>
/// <param name="Precision">The precision that models train in unless told otherwise.</param>
public sealed record RuntimeDescription(
    string Device, int Threads, string Processor, string System, string DotNet, string TorchSharp, string LibTorch, string Precision)
{
    /// <summary>The description for a training in another precision than the usual one.</summary>
    public RuntimeDescription In(PrecisionPolicy policy) => this with { Precision = policy.Working.ToString().ToLowerInvariant() };

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Device}, {Threads} threads, {Processor}, {System}, {DotNet}, TorchSharp {TorchSharp}, libtorch {LibTorch}, {Precision}";
}

/// <summary>Makes TorchSharp ready: native libraries, device, threads. Call <see cref="Initialize"/> before anything else of this library.</summary>
public static class TorchRuntime
{
    private static readonly Lock _gate = new();
    private static string? _libTorch;
    private static RuntimeDescription? _description;

    /// <summary>The device that models and tensors go to: CUDA where it is there and wanted, else the CPU.</summary>
    public static torch.Device Device { get; private set; } = null!;

    /// <summary>Loads the native libraries, chooses the device and sets the number of threads. Later calls may change device and threads.</summary>
    /// <param name="device"><c>auto</c>, <c>cpu</c> or <c>cuda</c> (<c>cuda:1</c>).</param>
    /// <param name="threads">CPU threads of libtorch; 0 leaves its own choice.</param>
    /// <exception cref="InputException">A native library or the wanted device is missing: says what was found and what to do.</exception>
    public static RuntimeDescription Initialize(string device = "auto", int threads = 0)
    {
        lock (_gate)
        {
            var libTorch = _libTorch ??= NativeLibraries.Preload();
            Device = Choose(device);
            if (threads > 0) torch.set_num_threads(threads);
            return _description = new RuntimeDescription(
                Device.ToString(),
                torch.get_num_threads(),
                ProcessorName(),
                $"{RuntimeInformation.OSDescription} {RuntimeInformation.ProcessArchitecture}",
                RuntimeInformation.FrameworkDescription,
                typeof(torch).Assembly.GetName().Version?.ToString(3) ?? "unknown",
                libTorch,
                "float32");
        }
    }

    /// <summary>Whether <see cref="Initialize"/> was called.</summary>
    public static bool IsInitialized => _description is not null;

    /// <summary>What <see cref="Initialize"/> found.</summary>
    /// <exception cref="InvalidOperationException">Nothing was initialised yet.</exception>
    public static RuntimeDescription Describe() => _description ?? throw new InvalidOperationException("call TorchRuntime.Initialize() first");

    private static torch.Device Choose(string device)
    {
        var wanted = device.Trim().ToLowerInvariant();
        if (wanted is not ("auto" or "cpu") && !wanted.StartsWith("cuda", StringComparison.Ordinal))
            throw new InputException("device", $"'{device}' is not a device", "Use auto, cpu, cuda or cuda:N");
        torch.InitializeDeviceType(DeviceType.CPU);
        if (wanted == "cpu" || (wanted == "auto" && !torch.cuda_is_available())) return torch.CPU;
        if (!torch.cuda_is_available())
            throw new InputException("device", $"'{device}' was asked for, but libtorch finds no CUDA device",
                $"Install a driver and name a CUDA build of libtorch 2.10 by {NativeLibraries.LibTorchVariable} (see environment.md), or use cpu");
        torch.InitializeDeviceType(DeviceType.CUDA);
        return wanted is "auto" or "cuda" ? new torch.Device("cuda:0") : new torch.Device(wanted);
    }

    private static string ProcessorName()
    {
        const string CpuInfo = "/proc/cpuinfo";
        if (File.Exists(CpuInfo) && Field("model name") is { } name)
        {
            // Two processors of one name may round differently: by these instructions libtorch chooses its kernels.
            var flags = Field("flags")?.Split(' ') ?? [];
            var instructions = flags.Contains("avx512_bf16") ? "AVX512 with bfloat16" : flags.Contains("avx512f") ? "AVX512" : flags.Contains("avx2") ? "AVX2" : null;
            return instructions is null ? name : $"{name}, {instructions}";
        }

        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();

        static string? Field(string field) => File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            : null;
    }
}
