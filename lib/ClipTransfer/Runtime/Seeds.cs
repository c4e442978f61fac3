using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using TorchSharp;

namespace ClipTransfer.Runtime;

/// <summary>Everything random in a run hangs on one seed: torch's generator directly, every other stream by derivation.</summary>
public static class Seeds
{
    /// <summary>Sets torch's global generators (CPU and CUDA), from which weights, dropout and sampling draw.</summary>
    /// <param name="seed">The run's seed. Two runs with one seed are bit-equal on one machine, build and thread count.</param>
    public static void Fix(long seed) => torch.random.manual_seed(seed);

    /// <summary>A seed for one purpose: stable over processes, systems and versions, and unrelated to its neighbours.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="purpose">What the stream is for, for example <c>"order"</c>.</param>
    /// <param name="keys">What tells streams of one purpose apart, for example the epoch.</param>
    /// <returns>63 bits of SHA-256 over the arguments, never negative.</returns>
    public static long Derive(long seed, string purpose, params ReadOnlySpan<long> keys)
    {
        var name = Encoding.UTF8.GetBytes(purpose);
        var bytes = new byte[8 * (keys.Length + 2) + name.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, seed);
        // The name's length keeps ("a", 1) and ("a\x01…") apart.
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), name.Length);
        name.CopyTo(bytes, 16);
        for (var k = 0; k < keys.Length; k++) BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16 + name.Length + 8 * k), keys[k]);
        return BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(bytes)) & long.MaxValue;
    }
}
