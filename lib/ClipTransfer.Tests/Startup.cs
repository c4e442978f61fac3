using System.Runtime.CompilerServices;
using ClipTransfer.Runtime;

namespace ClipTransfer.Tests;

/// <summary>Loads TorchSharp's native libraries before any test touches it.</summary>
internal static class Startup
{
    [ModuleInitializer]
    internal static void InitializeTorch() => TorchRuntime.Initialize("cpu");
}
