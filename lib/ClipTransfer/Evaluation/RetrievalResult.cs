namespace ClipTransfer.Evaluation;

/// <summary>Recall@k of N images and M captions, as counts.</summary>
/// <param name="Images">N.</param>
/// <param name="Texts">M.</param>
/// <param name="ImageToText">For each k: images with a caption of theirs among the k best.</param>
/// <param name="TextToImage">For each k: captions with their image among the k best.</param>
/// <param name="ChanceImageToText">For each k: what a random order of captions would give, as a share.</param>
public sealed record RetrievalResult(
    int Images, int Texts, IReadOnlyDictionary<int, int> ImageToText, IReadOnlyDictionary<int, int> TextToImage, IReadOnlyDictionary<int, double> ChanceImageToText)
{
    /// <summary>Image-to-text Recall@k.</summary>
    public double ImageToTextRecall(int k) => (double)ImageToText[k] / Images;

    /// <summary>Text-to-image Recall@k.</summary>
    public double TextToImageRecall(int k) => (double)TextToImage[k] / Texts;

    /// <summary>What a random order of images would give: k/N.</summary>
    public double ChanceTextToImage(int k) => Math.Min(1, (double)k / Images);
}
