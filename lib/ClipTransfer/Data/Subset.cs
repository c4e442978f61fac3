namespace ClipTransfer.Data;

/// <summary>The first pictures of a source.</summary>
public static class Subset
{
    /// <summary>The first <paramref name="count"/> pairs, or all where there are fewer.</summary>
    public static IPairSource Take(this IPairSource source, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return count >= source.Count ? source : new FirstPairs(source, count);
    }

    /// <summary>The first <paramref name="count"/> pictures of a labelled source, or all where there are fewer.</summary>
    public static ILabelledSource Take(this ILabelledSource source, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return count >= source.Count ? source : new FirstLabelled(source, count);
    }

    private static string Described(IImageSource source, int count) => FormattableString.Invariant($"the first {count} of: {source.Description}");

    private static string Stamp(IImageSource source, int count) =>
        source.Fingerprint.Length == 0 ? "" : FormattableString.Invariant($"{source.Fingerprint}, first {count}");

    private static int Within(int image, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(image);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(image, count);
        return image;
    }

    private sealed class FirstPairs(IPairSource source, int count) : IPairSource
    {
        public string Name => source.Name;

        public string Description => Described(source, count);

        public int Count => count;

        public string Fingerprint => Stamp(source, count);

        public bool IsGenerated => source.IsGenerated;

        public IReadOnlyList<SourceRemark> Remarks => source.Remarks;

        public RgbImage ReadImage(int image, int size) => source.ReadImage(Within(image, count), size);

        public IReadOnlyList<string> Captions(int image) => source.Captions(Within(image, count));

        public string ImageName(int image) => source.ImageName(image);
    }

    private sealed class FirstLabelled(ILabelledSource source, int count) : ILabelledSource
    {
        public string Name => source.Name;

        public string Description => Described(source, count);

        public int Count => count;

        public string Fingerprint => Stamp(source, count);

        public bool IsGenerated => source.IsGenerated;

        public IReadOnlyList<string> ClassNames => source.ClassNames;

        public IReadOnlyList<string> Templates => source.Templates;

        public int Label(int image) => source.Label(Within(image, count));

        public IReadOnlyList<SourceRemark> Remarks => source.Remarks;

        public RgbImage ReadImage(int image, int size) => source.ReadImage(Within(image, count), size);

        public string ImageName(int image) => source.ImageName(image);
    }
}
