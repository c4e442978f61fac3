using System.Security.Cryptography;
using ClipTransfer.Runtime;

namespace ClipTransfer.Training;

/// <summary>The SHA-256 of each file of a folder, in the form that <c>sha256sum -c</c> reads.</summary>
internal static class Checksums
{
    public const string FileName = "SHA256SUMS";

    /// <summary>Writes the checksums of all files that the folder has.</summary>
    public static void Write(string folder) => AtomicFile.WriteText(
        Path.Combine(folder, FileName), string.Concat(Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(file => $"{Of(file)}  {Path.GetFileName(file)}\n")));

    /// <summary>Compares each file with its checksum.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="needed">Files that must be among them.</param>
    /// <exception cref="InputException">A file is missing or damaged: names it.</exception>
    public static void Verify(string folder, IReadOnlyList<string> needed)
    {
        var list = Path.Combine(folder, FileName);
        try
        {
            var sums = File.ReadAllLines(list).Select(line => line.Split("  ", 2)).ToArray();
            if (sums.Any(sum => sum is not [{ Length: 64 }, { Length: > 0 } name] || Path.GetFileName(name) != name) || needed.Except(sums.Select(sum => sum[1])).Any())
                throw new InputException(list, "is damaged", "Use another checkpoint of the run");
            foreach (var sum in sums)
            {
                var file = Path.Combine(folder, sum[1]);
                if (!File.Exists(file)) throw new InputException(file, "is missing from the checkpoint", "Use another checkpoint of the run");
                if (Of(file) != sum[0]) throw new InputException(file, $"is damaged: its SHA-256 is not that of {FileName}", "Use another checkpoint of the run");
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException(folder, $"cannot be read ({error.Message.TrimEnd('.')})", "Check the disk, or use another checkpoint of the run", error);
        }
    }

    private static string Of(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
