namespace ClipTransfer.Text;

/// <summary>Turns a caption into L token ids: start, the words, end, then padding. Safe to call from several threads.</summary>
public interface ITokenizer
{
    /// <summary>How many ids there are; ids are 0 … VocabularySize − 1.</summary>
    int VocabularySize { get; }

    /// <summary>L, the length of every encoded text.</summary>
    int ContextLength { get; }

    /// <summary>Fills the places after the end.</summary>
    int PadId { get; }

    /// <summary>The first token of every text.</summary>
    int StartId { get; }

    /// <summary>The last token of every text before the padding, kept when a text is cut. It occurs exactly once; CLIP pools the text there.</summary>
    int EndId { get; }

    /// <summary>The ids of a text, always <see cref="ContextLength"/> of them. Too long texts are cut, the end token stays.</summary>
    int[] Encode(string text);
}
