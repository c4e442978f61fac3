using System.Text;
using ClipTransfer.Runtime;
using Microsoft.ML.Tokenizers;

namespace ClipTransfer.Text;

/// <summary>BERT's WordPiece encoding (Devlin et al. 2019) with a published <c>vocab.txt</c>, lower case: what DistilBERT reads.</summary>
/// <remarks>
/// By <see cref="BertTokenizer"/> of Microsoft.ML.Tokenizers. The texts <c>[CLS]</c>, <c>[SEP]</c> and so on inside a caption are words like others, so that the end token stays the only one.
/// Accents are removed as the uncased model wants, those of Latin letters by <see cref="LatinAccents"/>.
/// </remarks>
public sealed class BertWordPieces : ITokenizer
{
    private static readonly string[] _special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    private readonly BertTokenizer _pieces;

    private BertWordPieces(BertTokenizer pieces, int size, int contextLength)
    {
        (_pieces, VocabularySize, ContextLength) = (pieces, size, contextLength);
        (PadId, StartId, EndId) = (pieces.PaddingTokenId, pieces.ClassificationTokenId, pieces.SeparatorTokenId);
    }

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    public int ContextLength { get; }

    /// <inheritdoc/>
    public int PadId { get; }

    /// <summary>The id of <c>[CLS]</c>, where DistilBERT's feature is read.</summary>
    public int StartId { get; }

    /// <summary>The id of <c>[SEP]</c>.</summary>
    public int EndId { get; }

    /// <summary>Reads a <c>vocab.txt</c>, one token a line, or a folder that holds one.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="contextLength">L; at most 512 for DistilBERT.</param>
    /// <exception cref="InputException">The file is missing, or lacks a special token, or has a token twice.</exception>
    public static BertWordPieces Load(string path, int contextLength = 77)
    {
        if (contextLength < 3) throw new ArgumentOutOfRangeException(nameof(contextLength), contextLength, "start, one token and end need 3 places");
        if (Directory.Exists(path)) path = Path.Combine(path, "vocab.txt");
        var lines = VocabularyFile.Lines(path).ToList();
        if (lines[^1].Length == 0) lines.RemoveAt(lines.Count - 1);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var k = 0; k < lines.Count; k++)
        {
            if (lines[k].Length == 0 || !seen.Add(lines[k])) throw Broken($"{path} line {k + 1}", lines[k].Length == 0 ? "is empty" : $"has the token '{lines[k]}' a second time");
        }

        if (_special.FirstOrDefault(token => !seen.Contains(token)) is { } absent) throw Broken(path, $"lacks {absent}");
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));
        var options = new BertOptions { LowerCaseBeforeTokenization = true, ApplyBasicTokenization = true, IndividuallyTokenizeCjk = true, RemoveNonSpacingMarks = true, SplitOnSpecialTokens = false };
        return new BertWordPieces(BertTokenizer.Create(stream, options), lines.Count, contextLength);
    }

    /// <inheritdoc/>
    public int[] Encode(string text)
    {
        var ids = new int[ContextLength];
        Array.Fill(ids, PadId);
        ids[0] = StartId;
        var length = 1;
        // Half a surrogate pair becomes the replacement character.
        var whole = LatinAccents.LowerWithout(string.Concat(text.EnumerateRunes()));
        foreach (var id in _pieces.EncodeToIds(whole, addSpecialTokens: false))
        {
            if (length == ContextLength - 1) break;
            ids[length++] = id;
        }

        ids[length] = EndId;
        return ids;
    }

    private static InputException Broken(string where, string what) => new(where, what, "Fetch BERT's vocabulary again with data get weights/bert-vocabulary");
}
