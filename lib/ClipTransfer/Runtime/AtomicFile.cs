namespace ClipTransfer.Runtime;

/// <summary>Writes files whole: beside the target first, then renamed over it, so that no reader ever sees half a file.</summary>
public static class AtomicFile
{
    /// <summary>Writes text (UTF-8, no byte order mark).</summary>
    /// <exception cref="InputException">The folder cannot be made or written, or the disk is full; nothing is left under <paramref name="path"/>.</exception>
    public static void WriteText(string path, string text) =>
        Write(path, stream =>
        {
            using var writer = new StreamWriter(stream, leaveOpen: true);
            writer.Write(text);
        });

    /// <summary>Writes whatever <paramref name="write"/> puts into the stream.</summary>
    /// <exception cref="InputException">The folder cannot be made or written, or the disk is full; nothing is left under <paramref name="path"/>.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        path = Path.GetFullPath(path);
        var temporary = $"{path}.{Environment.ProcessId}-{Guid.NewGuid():n}.part";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException(path, $"cannot be written ({error.Message.TrimEnd('.')})", "Choose another folder or free some space", error);
        }
        finally
        {
            if (File.Exists(temporary)) File.Delete(temporary);
        }
    }
}
