using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Running;

/// <summary>The folder that results go to.</summary>
internal static class OutputFolder
{
    private const int ProbeLength = 65_536;

    /// <summary>Makes sure, before hours of work, that files can be written there.</summary>
    /// <exception cref="InputException">They cannot: the path runs through a file, is read-only, or the disk is full.</exception>
    public static void Check(string folder)
    {
        var probe = Path.Combine(folder, $".probe-{Environment.ProcessId}");
        try
        {
            AtomicFile.Write(probe, stream => stream.Write(new byte[ProbeLength]));
        }
        catch (InputException error)
        {
            throw new InputException($"--out {folder}", error.What, error.Remedy, error);
        }
        finally
        {
            if (File.Exists(probe)) File.Delete(probe);
        }
    }
}
