using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>Puts sets into the data folder: fetched from where their authors keep them, or taken from where they lie already.</summary>
public static class DatasetInstallation
{
    /// <summary>Archives on their way, below the data folder.</summary>
    public const string Downloads = "downloads";

    /// <summary>Where a set's archives lie while they are fetched, and afterwards where they are kept.</summary>
    public static string DownloadsOf(DatasetEntry entry, string dataFolder) => Path.Combine(dataFolder, Downloads, entry.Name);

    /// <summary>Fetches a set's archives, checks and unpacks each, and checks the whole. A run that was stopped goes on where it stopped.</summary>
    /// <param name="entry">The set. Its licence is for the caller to show.</param>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="downloader">Fetches.</param>
    /// <param name="keepArchives">Whether archives stay after they are unpacked, for <c>data verify</c> to test.</param>
    /// <param name="output">A line for each step.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="InputException">The set has no archives that may be fetched so, is there already, or cannot be fetched or unpacked.</exception>
    public static async Task<DatasetCheck> GetAsync(
        DatasetEntry entry, string dataFolder, Downloader downloader, bool keepArchives, TextWriter output, CancellationToken cancellation = default)
    {
        if (entry.Archives.Count == 0)
            throw new InputException($"data set '{entry.Name}'", "is not given out without an agreement or a tool of its own", $"See {entry.HomePage}, then `data import {entry.Name} PATH`. Its layout: {entry.Layout.TrimEnd('.')}");
        var downloads = DownloadsOf(entry, dataFolder);
        if (DatasetCatalog.FolderOf(entry, dataFolder) is { } folder && !Directory.Exists(downloads))
            throw new InputException(folder, "is there already", $"`data verify {entry.Name}` checks it; move it away to fetch it anew");
        foreach (var archive in entry.Archives)
        {
            var file = Path.Combine(downloads, archive.File.FileName);
            var done = file + ".done";
            if (File.Exists(done)) continue;
            var fetched = await downloader.FetchAsync(archive.File, file, cancellation).ConfigureAwait(false);
            await output.WriteLineAsync($"{archive.File.FileName}: {fetched.Bytes} bytes, sha256 {fetched.Sha256}, {(fetched.Checked.Length > 0 ? $"checked by {fetched.Checked}" : "nothing published to check it by")}").ConfigureAwait(false);
            Place(file, Path.Combine(dataFolder, archive.Into), output);
            await File.WriteAllTextAsync(done, "", cancellation).ConfigureAwait(false);
            if (!keepArchives) File.Delete(file);
        }

        var check = DatasetCatalog.Check(entry, dataFolder, decode: false, archives: false); // the archives were checked on their way
        foreach (var archive in entry.Archives) File.Delete(Path.Combine(downloads, archive.File.FileName + ".done"));
        foreach (var empty in new[] { downloads, Path.GetDirectoryName(downloads)! }.Where(f => !Directory.EnumerateFileSystemEntries(f).Any())) Directory.Delete(empty);
        return check;
    }

    /// <summary>Takes a set that lies elsewhere: an archive is checked and unpacked, a folder is checked, then copied or linked.</summary>
    /// <param name="entry">The set.</param>
    /// <param name="path">An archive of the release, or a folder with the set in one of its layouts.</param>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="link">Whether a folder is linked to instead of copied.</param>
    /// <param name="output">A line for each step.</param>
    /// <exception cref="InputException">The path is missing or damaged, is of another set, or the set is there already.</exception>
    public static DatasetCheck Import(DatasetEntry entry, string path, string dataFolder, bool link, TextWriter output)
    {
        path = Path.GetFullPath(path);
        if (File.Exists(path)) return ImportArchive(entry, path, dataFolder, output);
        if (!Directory.Exists(path)) throw new InputException(path, "is missing", "Name an archive or a folder");
        if (DatasetCatalog.FolderOf(entry, dataFolder) is { } there) throw new InputException(there, "is there already", $"`data verify {entry.Name}` checks it; move it away first");
        var check = DatasetCatalog.Verify(path, entry.Name)[0];
        if (check.Damaged) throw check.Damage ?? new InputException(path, check.ToString(), "Fetch the set again");
        output.WriteLine(check);
        // Verify takes a folder for the set's own, or for one that holds it.
        var source = DatasetCatalog.FolderOf(entry, path) ?? path;
        var target = Path.Combine(dataFolder, entry.Folders[0]);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (link) Directory.CreateSymbolicLink(target, source);
            else Copy(source, target, entry.Name);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException(target, $"cannot be written ({error.Message.TrimEnd('.')})", link ? "Import it without --link" : "Check permissions and space", error);
        }

        output.WriteLine($"{(link ? "linked" : "copied")} to {target}");
        return DatasetCatalog.Check(entry, dataFolder, decode: false, archives: false);
    }

    private static DatasetCheck ImportArchive(DatasetEntry entry, string file, string dataFolder, TextWriter output)
    {
        var archive = entry.Archives.FirstOrDefault(a => a.File.FileName == Path.GetFileName(file))
            ?? throw new InputException(file, $"is no archive of {entry.Title}", entry.Archives.Count > 0 ? $"Its archives are {string.Join(", ", entry.Archives.Select(a => a.File.FileName))}" : "Unpack it and name the folder");
        var fetched = FileHashes.Check(file, archive.File);
        output.WriteLine($"{archive.File.FileName}: sha256 {fetched.Sha256}, checked by {fetched.Checked}");
        Place(file, Path.Combine(dataFolder, archive.Into), output);
        var check = DatasetCatalog.Check(entry, dataFolder, decode: false, archives: false);
        // The first of several archives alone is no whole set yet, and no damage.
        if (entry.Archives.Count == 1 || check.Damage is not { What: "is missing" } missing) return check;
        output.WriteLine($"still to come: {missing.Where}");
        return check with { Damage = null };
    }

    /// <summary>Unpacks an archive, or puts a single file where it belongs.</summary>
    private static void Place(string file, string into, TextWriter output)
    {
        if (ArchiveUnpacking.IsArchive(file))
        {
            output.WriteLine($"unpacking {Path.GetFileName(file)} into {into}");
            output.WriteLine(FormattableString.Invariant($"{ArchiveUnpacking.Unpack(file, into)} files"));
            return;
        }

        var target = Path.Combine(into, Path.GetFileName(file));
        using var source = File.OpenRead(file);
        AtomicFile.Write(target, source.CopyTo);
    }

    private static void Copy(string source, string target, string label)
    {
        var staging = $"{target}.{Environment.ProcessId}-{Guid.NewGuid():n}.copying";
        try
        {
            Directory.CreateDirectory(staging);
            var progress = new ProgressLine($"copying {label}", 0, "files");
            var done = 0;
            // Links within are followed to what they hold: the copy stands on its own.
            foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
            {
                Interrupt.Token.ThrowIfCancellationRequested();
                var copy = Path.Combine(staging, Path.GetRelativePath(source, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
                progress.Report(++done);
            }

            Directory.Move(staging, target);
        }
        finally
        {
            if (Directory.Exists(staging)) Directory.Delete(staging, recursive: true);
        }
    }
}
