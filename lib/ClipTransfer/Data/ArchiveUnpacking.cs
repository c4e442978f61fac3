using System.IO.Compression;
using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Unpacks tar, tar.gz (tgz) and zip files into a folder: no path outside of it, no links, no file twice, no more than the limits allow.</summary>
/// <remarks>Everything goes into a folder beside the target first, and is moved there when all of it is right: a killed or refused archive leaves nothing.</remarks>
public static class ArchiveUnpacking
{
    private const string Remedy = "Do not use this archive; fetch it again from its home page";

    /// <summary>Whether the name is one of an archive that can be unpacked.</summary>
    public static bool IsArchive(string file) =>
        Ends(file, ".tar") || Ends(file, ".tar.gz") || Ends(file, ".tgz") || Ends(file, ".zip");

    /// <summary>Unpacks into a folder; what is there already stays, and a file of the archive must not be among it.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="folder">Where its entries go.</param>
    /// <param name="limits">How much it may unpack to.</param>
    /// <returns>The number of files.</returns>
    /// <exception cref="InputException">The archive is damaged, too large, or holds what it must not: names the entry.</exception>
    public static int Unpack(string archive, string folder, ArchiveLimits? limits = null)
    {
        limits ??= new ArchiveLimits();
        folder = Path.GetFullPath(folder);
        var staging = $"{Path.TrimEndingDirectorySeparator(folder)}.{Environment.ProcessId}-{Guid.NewGuid():n}.unpacking";
        try
        {
            Directory.CreateDirectory(staging);
            var length = new FileInfo(archive).Length;
            var writer = new Writer(archive, staging, limits.Entries, Math.Max(limits.Spare, checked(length * limits.BytesPerByte)));
            if (Ends(archive, ".zip")) FromZip(archive, writer);
            else FromTar(archive, writer);
            Merge(staging, folder, archive);
            return writer.Files;
        }
        catch (InvalidDataException error)
        {
            throw new InputException(archive, $"is damaged ({error.Message.TrimEnd('.')})", Remedy, error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException(archive, $"cannot be unpacked into {folder} ({error.Message.TrimEnd('.')})", "Check permissions and space, and try again", error);
        }
        finally
        {
            if (Directory.Exists(staging)) Directory.Delete(staging, recursive: true);
        }
    }

    private static bool Ends(string file, string ending) => file.EndsWith(ending, StringComparison.OrdinalIgnoreCase);

    private static void FromTar(string archive, Writer writer)
    {
        using var file = new FileStream(archive, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        // The first bytes decide: ImageNetV2's files are called .tar.gz and are plain tar files.
        var isPacked = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        using var unpacked = !isPacked ? null : new BufferedStream(new GZipStream(file, CompressionMode.Decompress), 1 << 16);
        var tar = new TarStream((Stream?)unpacked ?? file, archive);
        while (tar.Next() is { } entry)
        {
            if (entry.Kind is TarEntryKind.Link or TarEntryKind.Other) throw writer.Refused(entry.Name, entry.Kind == TarEntryKind.Link ? "is a link" : "is neither file nor folder");
            writer.Add(entry.Name, entry.Kind == TarEntryKind.Folder, entry.Length, tar.CopyTo);
        }
    }

    private static void FromZip(string archive, Writer writer)
    {
        using var zip = ZipFile.OpenRead(archive);
        foreach (var entry in zip.Entries)
        {
            // The upper half holds Unix's mode: its kind bits say link, device or pipe; 0 where the writer was no Unix.
            var kind = (entry.ExternalAttributes >> 16) & 0xF000;
            if (kind is not (0 or 0x8000 or 0x4000)) throw writer.Refused(entry.FullName, kind == 0xA000 ? "is a link" : "is neither file nor folder");
            writer.Add(entry.FullName, entry.FullName.EndsWith('/'), entry.Length, target =>
            {
                using var content = entry.Open();
                content.CopyTo(target);
            });
        }
    }

    private static void Merge(string staging, string folder, string archive)
    {
        Directory.CreateDirectory(folder);
        foreach (var entry in Directory.EnumerateFileSystemEntries(staging, "*", SearchOption.TopDirectoryOnly))
        {
            var target = Path.Combine(folder, Path.GetFileName(entry));
            if (File.Exists(entry) && !Path.Exists(target)) File.Move(entry, target);
            else if (Directory.Exists(entry) && !Path.Exists(target)) Directory.Move(entry, target);
            else if (Directory.Exists(entry) && Directory.Exists(target)) Merge(entry, target, archive);
            else throw new InputException(target, $"is there already, and {Path.GetFileName(archive)} brings it too", "Move it away and try again");
        }
    }

    /// <summary>Writes entries below one folder, counting what they come to.</summary>
    private sealed class Writer(string archive, string root, long mostEntries, long mostBytes)
    {
        private static readonly string[] _devices = ["CON", "PRN", "AUX", "NUL", .. Enumerable.Range(1, 9).SelectMany(i => new[] { $"COM{i}", $"LPT{i}" })];
        private long _entries;
        private long _bytes;

        public int Files { get; private set; }

        public InputException Refused(string entry, string why) =>
            new($"{archive}: '{string.Concat(entry.Take(80).Select(c => char.IsControl(c) ? ' ' : c))}'", why, Remedy);

        public void Add(string name, bool isFolder, long length, Action<Stream> write)
        {
            Interrupt.Token.ThrowIfCancellationRequested();
            if (++_entries > mostEntries) throw Refused(name, FormattableString.Invariant($"is one of more than {mostEntries} entries"));
            if (length < 0 || length > mostBytes - _bytes) throw TooLarge(name);
            var path = Target(name);
            if (path is null) return; // the archive's own folder
            if (isFolder)
            {
                if (File.Exists(path)) throw Refused(name, "is there twice, as a file and as a folder");
                Directory.CreateDirectory(path);
                return;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (Path.Exists(path)) throw Refused(name, "is there twice");
            using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
            using var counted = new Counted(file, mostBytes - _bytes, () => TooLarge(name));
            write(counted);
            _bytes += counted.Written;
            Files++;
        }

        private InputException TooLarge(string name) => Refused(name, FormattableString.Invariant($"goes beyond {mostBytes} bytes unpacked"));

        /// <summary>Where an entry goes; null for the folder itself. The name is judged by the rules of every system: what one takes for a file's name is a path on another.</summary>
        private string? Target(string name)
        {
            if (name.Length == 0 || name[0] is '/' or '\\' || name.Contains('\0', StringComparison.Ordinal)) throw Refused(name, "is no path below a folder");
            var parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != ".").ToArray();
            foreach (var part in parts)
            {
                if (part == ".." || part.Contains('\\', StringComparison.Ordinal) || part.Contains(':', StringComparison.Ordinal)) throw Refused(name, "leads out of its folder");
                if (_devices.Contains(part.Split('.')[0], StringComparer.OrdinalIgnoreCase)) throw Refused(name, "is the name of a device");
            }

            if (parts.Length == 0) return null;
            var path = Path.GetFullPath(Path.Combine([root, .. parts]));
            return path.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? path : throw Refused(name, "leads out of its folder");
        }
    }

    /// <summary>Passes bytes on as long as they are not too many: an entry's claimed length need not be true.</summary>
    private sealed class Counted(Stream inner, long most, Func<InputException> tooLarge) : Stream
    {
        public long Written { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => Written;

        public override long Position { get => Written; set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if ((Written += buffer.Length) > most) throw tooLarge();
            inner.Write(buffer);
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
