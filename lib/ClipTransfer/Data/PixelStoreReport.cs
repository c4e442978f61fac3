using System.Globalization;

namespace ClipTransfer.Data;

/// <summary>A picture that could not be read.</summary>
/// <param name="Image">Its number in the source.</param>
/// <param name="Name">Its file.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record BrokenImage(int Image, string Name, string Reason);

/// <summary>What happened while a source was decoded into a store.</summary>
/// <param name="Count">Pictures in the source.</param>
/// <param name="Broken">Those that could not be read; they are left out of training and evaluation.</param>
/// <param name="Seconds">How long decoding took.</param>
/// <param name="FromCache">How many pictures an earlier run had already decoded.</param>
public sealed record PixelStoreReport(int Count, IReadOnlyList<BrokenImage> Broken, double Seconds, int FromCache)
{
    /// <summary>What the set's reader left out or mended, and pictures that are out of the ordinary (grayscale, turned, one pixel …), counted and named.</summary>
    public IReadOnlyList<SourceRemark> Remarks { get; init; } = [];

    /// <summary>The report beside the cache file, JSON; null where the pictures are in this process's memory.</summary>
    public string? File { get; init; }

    /// <summary>One line: counts, and the first few broken pictures by name.</summary>
    public override string ToString() => Summary(3);

    /// <summary>One line: counts, and the first <paramref name="names"/> broken pictures by name.</summary>
    public string Summary(int names)
    {
        var decoded = Count - FromCache;
        var rate = decoded > 0 && Seconds > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({decoded / Seconds:0}/s)") : "";
        var line = string.Create(CultureInfo.InvariantCulture, $"{Count} images, {decoded} decoded{rate}, {FromCache} from the cache");
        line += string.Concat(Remarks.Select(r => FormattableString.Invariant($", {r.Count} × {r.What}")));
        if (Broken.Count == 0) return line;
        var listed = string.Join("; ", Broken.Take(names).Select(b => $"{b.Name}: {b.Reason}"));
        var more = Broken.Count > names ? FormattableString.Invariant($"; and {Broken.Count - names} more") : "";
        return FormattableString.Invariant($"{line}, {Broken.Count} broken and left out: {listed}{more}");
    }
}
