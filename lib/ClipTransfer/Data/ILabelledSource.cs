namespace ClipTransfer.Data;

/// <summary>Pictures with one class each, and the words for the classes: what zero-shot transfer is measured on.</summary>
public interface ILabelledSource : IImageSource
{
    /// <summary>The classes' names in label order, as a caption would say them.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>Prompt templates; <c>{0}</c> stands for the class name.</summary>
    IReadOnlyList<string> Templates { get; }

    /// <summary>The class of one picture, an index into <see cref="ClassNames"/>.</summary>
    int Label(int image);
}
