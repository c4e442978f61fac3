using System.Security.Cryptography;
using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Tests a file against the length and hashes that were published for it.</summary>
internal static class FileHashes
{
    /// <summary>Reads the whole file once.</summary>
    /// <exception cref="InputException">It has another length or hash, or cannot be read.</exception>
    public static FetchedFile Check(string path, DownloadFile file, string? shownAs = null)
    {
        shownAs ??= path;
        const string Remedy = "Fetch it again; if that does not help, the file at its address has changed";
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
            if (file.Bytes is { } length && length != stream.Length)
                throw new InputException(shownAs, FormattableString.Invariant($"has {stream.Length} bytes, the release has {length}"), Remedy);
            using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
#pragma warning disable CA5351 // MD5 is what was published; where a SHA-256 is known, that one decides.
            using var md5 = file is { Md5: not null, Sha256: null } ? IncrementalHash.CreateHash(HashAlgorithmName.MD5) : null;
#pragma warning restore CA5351
            var buffer = new byte[1 << 20];
            int read;
            while ((read = stream.Read(buffer)) > 0)
            {
                Interrupt.Token.ThrowIfCancellationRequested();
                sha.AppendData(buffer, 0, read);
                md5?.AppendData(buffer, 0, read);
            }

            var found = Convert.ToHexStringLower(sha.GetHashAndReset());
            if (file.Sha256 is { } wanted && found != wanted) throw new InputException(shownAs, $"has the sha256 {found}, the release has {wanted}", Remedy);
            if (md5 is not null && Convert.ToHexStringLower(md5.GetHashAndReset()) is var other && other != file.Md5)
                throw new InputException(shownAs, $"has the md5 {other}, the release has {file.Md5}", Remedy);
            return new FetchedFile(path, stream.Length, found, file.Sha256 is not null ? "sha256" : file.Md5 is not null ? "md5" : file.Bytes is not null ? "size" : "");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DataFolder.Unreadable(shownAs, error);
        }
    }
}
