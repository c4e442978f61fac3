namespace ClipTransfer.Data;

/// <summary>A file to fetch, and what it must be once it is here.</summary>
/// <param name="Address">Where it lies (http or https).</param>
/// <param name="Bytes">Its length; null where nobody published it.</param>
/// <param name="Sha256">Its SHA-256 in lower case hex; null where nobody published it.</param>
/// <param name="Md5">Its MD5, where only that was published: it finds damage, not malice.</param>
public sealed record DownloadFile(string Address, long? Bytes = null, string? Sha256 = null, string? Md5 = null)
{
    /// <summary>The last part of the address.</summary>
    public string FileName => Uri.UnescapeDataString(Path.GetFileName(new Uri(Address).AbsolutePath));
}

/// <summary>A file that was fetched and checked.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its SHA-256, measured.</param>
/// <param name="Checked">What it was checked by: <c>sha256</c>, <c>md5</c>, <c>size</c>, or nothing (empty).</param>
public sealed record FetchedFile(string Path, long Bytes, string Sha256, string Checked);
