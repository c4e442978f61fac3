using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using ClipTransfer.Runtime;
using Microsoft.Win32.SafeHandles;

namespace ClipTransfer.Data;

/// <summary>The file behind a store: a header, one checksum a picture (0 where it is not there yet), and the pictures, all of one length.</summary>
/// <remarks>
/// A writer puts a picture's bytes first and its checksum after them, so a killed writer leaves only whole pictures, and the next one goes on from there. The mark of
/// completeness is set last, after everything reached the disk. While it is not set, every checksum is tested on opening; afterwards each is tested when
/// its picture is first used. One writer at a time holds the lock file; the system frees it when a process dies. Bytes are written through the file, not the
/// mapping: a full disk is then an error, not a crash.
/// Layout, little-endian: 8 bytes magic, int32 version, int32 size, int64 count, 32 bytes SHA-256 of the settings, 8 bytes checksum of these, 8 bytes completeness;
/// checksums from byte 4096; pictures from the next multiple of 4096.
/// </remarks>
internal sealed class PixelCacheFile
{
    /// <summary>Where the checksums start.</summary>
    public const int ChecksumsAt = Page;

    /// <summary>Rises when the layout, the decoder or the resampler gives other bytes for the same settings.</summary>
    private const int Version = 1;

    private const int Page = 4096;
    private const int HeaderBytes = 64;
    private const int CompleteAt = HeaderBytes;
    private const long Complete = 0x6574656c706d6f63; // "complete"
    private static ReadOnlySpan<byte> Magic => "CTPIXELS"u8;

    private readonly byte[] _header;
    private readonly int _count;
    private readonly int _imageBytes;

    private PixelCacheFile(string path, byte[] header, int count, int imageBytes)
    {
        FilePath = path;
        _header = header;
        _count = count;
        _imageBytes = imageBytes;
        PixelsAt = (Page + (8L * count) + Page - 1) / Page * Page;
    }

    /// <summary>The cache file.</summary>
    public string FilePath { get; }

    /// <summary>Where the pictures start.</summary>
    public long PixelsAt { get; }

    private long Length => PixelsAt + ((long)_count * _imageBytes);

    /// <summary>The cache file of a source at a size; its name tells a reader what it is, its hash tells settings apart.</summary>
    public static PixelCacheFile Of(string folder, IImageSource source, int size)
    {
        var settings = string.Create(CultureInfo.InvariantCulture, $"version {Version}, {source.Name}, {source.Fingerprint}, {source.Count} images at {size}");
        var key = SHA256.HashData(Encoding.UTF8.GetBytes(settings));
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), size);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), source.Count);
        key.CopyTo(header, 24);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(56), Checksum(header.AsSpan(0, 56), 0));
        var name = string.Concat(source.Name.Select(c => char.IsAsciiLetterOrDigit(c) || c == '.' ? c : '-'));
        return new PixelCacheFile(Path.Combine(folder, $"{name}-{size}px-{Convert.ToHexStringLower(key)[..16]}.pixels"), header, source.Count, 3 * size * size);
    }

    /// <summary>64 bits that change when any byte does; never 0. The seed is the picture's number, so that swapped pictures show.</summary>
    public static ulong Checksum(ReadOnlySpan<byte> bytes, long seed)
    {
        // The round and the last mixing of xxHash64, in one lane.
        const ulong First = 0x9E3779B185EBCA87;
        const ulong Second = 0xC2B2AE3D27D4EB4F;
        var hash = ((ulong)seed + 1) * First;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) hash = Round(hash, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        foreach (var b in bytes[(words.Length * 8)..]) hash = Round(hash, b);
        hash = (hash ^ (hash >> 33)) * Second;
        hash = (hash ^ (hash >> 29)) * First;
        hash ^= hash >> 32;
        return hash == 0 ? 1 : hash;

        static ulong Round(ulong hash, ulong word) => BitOperations.RotateLeft(hash + (word * Second), 31) * First;
    }

    /// <summary>Whether the file is there, of these settings, and complete.</summary>
    public bool IsComplete()
    {
        if (!File.Exists(FilePath)) return false;
        using var handle = Open(FileAccess.Read);
        if (!HasHeader(handle)) return false;
        Span<byte> mark = stackalloc byte[8];
        return RandomAccess.Read(handle, mark, CompleteAt) == 8 && BinaryPrimitives.ReadInt64LittleEndian(mark) == Complete;
    }

    /// <summary>Waits until no other process writes this file, then keeps others from writing it until disposed.</summary>
    public IDisposable Lock(Action waiting)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        for (var turn = 0; ; turn++)
        {
            if (TryLock() is { } gate) return gate;
            if (turn == 10) waiting();
            if (Interrupt.Token.WaitHandle.WaitOne(50)) throw new OperationCanceledException(Interrupt.Token);
        }
    }

    /// <summary>Keeps others from writing this file until disposed; null where another writes it.</summary>
    private FileStream? TryLock()
    {
        try
        {
            return new FileStream(FilePath + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException error) when (IsHeld(error))
        {
            return null;
        }

        // What .NET reports for a lock held by another: EWOULDBLOCK on Linux (11) and macOS (35), a sharing violation on Windows.
        static bool IsHeld(IOException error) => error.HResult is 11 or 35 or unchecked((int)0x80070020);
    }

    /// <summary>Whether an error means that disk or quota is full: ENOSPC (28), EDQUOT on Linux (122) and macOS (69), ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL on Windows.</summary>
    internal static bool IsFull(IOException error) => error.HResult is 28 or 122 or 69 or unchecked((int)0x80070027) or unchecked((int)0x80070070);

    /// <summary>Opens the file for writing, made new unless it belongs to these settings.</summary>
    public SafeFileHandle OpenForWriting()
    {
        var handle = Open(FileAccess.ReadWrite);
        try
        {
            if (HasHeader(handle)) return handle;
            RandomAccess.SetLength(handle, 0);
            RandomAccess.SetLength(handle, Length);
            RandomAccess.Write(handle, _header, 0);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The pictures that are whole: checksum there and right.</summary>
    public bool[] Whole(SafeFileHandle handle)
    {
        var sums = new byte[8 * _count];
        ReadFully(handle, sums, Page);
        var whole = new bool[_count];
        Parallel.For(0, _count, () => new byte[_imageBytes], (i, _, pixels) =>
        {
            var sum = BinaryPrimitives.ReadUInt64LittleEndian(sums.AsSpan(8 * i));
            if (sum == 0) return pixels;
            ReadFully(handle, pixels, PixelsAt + ((long)i * _imageBytes));
            whole[i] = Checksum(pixels, i) == sum;
            return pixels;
        }, _ => { });
        return whole;
    }

    /// <summary>Writes one picture, then its checksum.</summary>
    public void Write(SafeFileHandle handle, int image, ReadOnlySpan<byte> pixels)
    {
        RandomAccess.Write(handle, pixels, PixelsAt + ((long)image * _imageBytes));
        Span<byte> sum = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(sum, Checksum(pixels, image));
        RandomAccess.Write(handle, sum, Page + (8L * image));
    }

    /// <summary>Takes away a picture's checksum: it is not there.</summary>
    public void Forget(SafeFileHandle handle, int image) => RandomAccess.Write(handle, stackalloc byte[8], Page + (8L * image));

    /// <summary>Sets or takes away the mark of completeness, after everything before reached the disk.</summary>
    public void Mark(SafeFileHandle handle, bool complete)
    {
        RandomAccess.FlushToDisk(handle);
        Span<byte> mark = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(mark, complete ? Complete : 0);
        RandomAccess.Write(handle, mark, CompleteAt);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>
    /// Takes away the mark of completeness, so that the next run tests and mends every picture; a file that cannot be written stays as it is, and so does one that another
    /// process is completing: that one tests them all.
    /// </summary>
    public void MarkDoubtful()
    {
        try
        {
            using var gate = TryLock();
            if (gate is null) return;
            using var handle = Open(FileAccess.ReadWrite);
            Mark(handle, complete: false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The picture was mended in memory; the file's owner will find the damage too.
        }
    }

    private SafeFileHandle Open(FileAccess access) => File.OpenHandle(
        FilePath, access == FileAccess.Read ? FileMode.Open : FileMode.OpenOrCreate, access, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);

    private bool HasHeader(SafeFileHandle handle)
    {
        var found = new byte[HeaderBytes];
        return RandomAccess.GetLength(handle) == Length && RandomAccess.Read(handle, found, 0) == HeaderBytes && found.AsSpan().SequenceEqual(_header);
    }

    private void ReadFully(SafeFileHandle handle, Span<byte> bytes, long at)
    {
        while (bytes.Length > 0)
        {
            var read = RandomAccess.Read(handle, bytes, at);
            if (read == 0) throw new IOException($"{FilePath} ends at {at}");
            bytes = bytes[read..];
            at += read;
        }
    }
}
