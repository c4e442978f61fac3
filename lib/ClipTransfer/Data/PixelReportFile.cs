using System.Text.Json;
using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>The report beside a cache file: every broken picture with its reason, and what else was out of the ordinary.</summary>
/// <param name="Source">The source's name.</param>
/// <param name="Description">The source in one line.</param>
/// <param name="Count">Pictures in the source.</param>
/// <param name="Decoded">Pictures decoded by the run that wrote this; the others an earlier, stopped run had decoded.</param>
/// <param name="Broken">Pictures left out.</param>
/// <param name="Remarks">Pictures and captions that were mended, counted, the first thousand of each kind named.</param>
internal sealed record PixelReportFile(
    string Source, string Description, int Count, int Decoded, IReadOnlyList<BrokenImage> Broken, IReadOnlyList<SourceRemark> Remarks)
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The report of a cache file.</summary>
    public static string PathOf(string cacheFile) => Path.ChangeExtension(cacheFile, ".report.json");

    /// <summary>Writes it; kinds that an earlier report counted stay, their places not counted twice.</summary>
    public static void Write(string cacheFile, IImageSource source, int decoded, IReadOnlyList<BrokenImage> broken, IReadOnlyList<SourceRemark> remarks)
    {
        if (decoded < source.Count && Read(cacheFile) is { } earlier)
        {
            var merged = new RemarkList(earlier.Remarks);
            foreach (var remark in remarks)
            {
                var known = earlier.Remarks.FirstOrDefault(r => r.What == remark.What)?.Places.ToHashSet(StringComparer.Ordinal) ?? [];
                foreach (var place in remark.Places.Where(p => !known.Contains(p))) merged.Add(remark.What, () => place);
            }

            remarks = merged.ToList();
        }

        AtomicFile.WriteText(PathOf(cacheFile), JsonSerializer.Serialize(new PixelReportFile(source.Name, source.Description, source.Count, decoded, broken, remarks), _json));
    }

    /// <summary>Reads it; null where there is none that can be read.</summary>
    public static PixelReportFile? Read(string cacheFile)
    {
        try
        {
            return JsonSerializer.Deserialize<PixelReportFile>(File.ReadAllText(PathOf(cacheFile)), _json) is { Remarks: not null } report ? report : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
