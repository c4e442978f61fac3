using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ClipTransfer.Data;

/// <summary>What a set of files is recognised by: names, sizes and times of change.</summary>
internal static class FileStamp
{
    /// <summary>SHA-256 over the files in the order given.</summary>
    public static string Of(string set, IEnumerable<FileInfo> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(set));
        foreach (var file in files)
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\n{file.FullName}\t{file.Length}\t{file.LastWriteTimeUtc.Ticks}")));
        return $"{set} files {Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }
}
