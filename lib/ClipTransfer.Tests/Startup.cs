using System.Runtime.CompilerServices;
using ClipTransfer.Runtime;

namespace ClipTransfer.Tests;

/// <summary>Loads TorchSharp's native libraries before any test touches it; one thread, since the tests' tensors are tiny and threads that wait for each other on a busy machine are slow.</summary>
internal static class Startup
{
    [ModuleInitializer]
    internal static void InitializeTorch() => TorchRuntime.Initialize("cpu", threads: 1);
}
