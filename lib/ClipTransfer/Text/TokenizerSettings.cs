namespace ClipTransfer.Text;

/// <summary>How a tokenizer is trained on captions.</summary>
public sealed record TokenizerSettings
{
    /// <summary>Most ids, base symbols and the three special tokens included.</summary>
    public int VocabularySize { get; init; } = 4096;

    /// <summary>L, the length of every encoded text, start and end included.</summary>
    public int ContextLength { get; init; } = 32;

    /// <summary>A pair that occurs less often in the corpus is not merged.</summary>
    public int LeastCount { get; init; } = 2;
}
