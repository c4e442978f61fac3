using ClipTransfer.Runtime;

namespace ClipTransfer.Models.Weights;

/// <summary>Opens weights of any format that is known here.</summary>
public static class WeightsFile
{
    /// <summary>Opens an index of shards by its name, a zip of PyTorch by its first bytes, and everything else as safetensors.</summary>
    /// <exception cref="InputException">The file is missing or breaks its format.</exception>
    public static IWeightsFile Open(string path)
    {
        if (path.EndsWith(ShardedSafetensors.IndexEnding, StringComparison.Ordinal)) return ShardedSafetensors.Open(path);
        try
        {
            var start = new byte[9];
            int read;
            using (var stream = File.OpenRead(path)) read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            // A header's length may begin with the same two bytes, but then '{' stands behind it.
            var isTorch = start is [(byte)'P', (byte)'K', ..] or [0x80, >= 2 and <= 5, ..] && !(read == start.Length && start is [_, _, _, _, 0, 0, 0, 0, (byte)'{']);
            return isTorch ? TorchFile.Open(path) : SafetensorsFile.Open(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException(path, $"cannot be read ({error.Message.TrimEnd('.')})", "Name a file of weights", error);
        }
    }
}
