namespace ClipTransfer.Data;

/// <summary>Image–caption pairs: <see cref="IImageSource.Count"/> pictures, each with at least one caption.</summary>
public interface IPairSource : IImageSource
{
    /// <summary>The captions of one picture, in a fixed order.</summary>
    IReadOnlyList<string> Captions(int image);
}
