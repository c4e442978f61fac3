using System.Collections.Concurrent;
using System.Net;
using System.Text.RegularExpressions;
using ClipTransfer.Runtime;
using Microsoft.ML.Tokenizers;

namespace ClipTransfer.Text;

/// <summary>CLIP's byte-pair encoding (Radford et al. 2021, section 2.4) with the published vocabulary: 49,408 ids, context 77.</summary>
/// <remarks>
/// The clean-up is CLIP's: HTML entities are unescaped twice, white space becomes single spaces, letters lower case; then runs of letters, single digits and runs of other signs
/// are words of UTF-8 bytes. Deviations: ftfy's repair of wrongly decoded text is left out, entities are those of HTML 4, and the texts <c>&lt;|startoftext|&gt;</c> and
/// <c>&lt;|endoftext|&gt;</c> inside a caption are words like others, so that the end token stays the only one. Padding is 0, as OpenAI's.
/// </remarks>
public sealed partial class ClipTokenizer : ITokenizer
{
    /// <summary>CLIP's start token.</summary>
    public const string StartToken = "<|startoftext|>";

    /// <summary>CLIP's end token, which has the highest id.</summary>
    public const string EndToken = "<|endoftext|>";

    // Of the file's 262,144 lines CLIP uses these: 49,152 less 256 bytes and 2 specials, the bytes at a word's end having taken 256 of the merges' places.
    private const int MostMerges = 49152 - 256 - 2;
    private const int MostCached = 1 << 17;
    private readonly BpeTokenizer _pairs;
    private readonly ConcurrentDictionary<string, int[]> _words = new(StringComparer.Ordinal);

    private ClipTokenizer(string path, Dictionary<string, int> vocabulary, IReadOnlyList<string> merges, int contextLength)
    {
        if (contextLength < 3) throw new ArgumentOutOfRangeException(nameof(contextLength), contextLength, "start, one token and end need 3 places");
        if (!vocabulary.TryGetValue(StartToken, out var start) || !vocabulary.TryGetValue(EndToken, out var end))
            throw Broken(path, $"lacks {StartToken} or {EndToken}");
        if (!vocabulary.Values.Order().SequenceEqual(Enumerable.Range(0, vocabulary.Count))) throw Broken(path, $"does not number its {vocabulary.Count} tokens from 0 without gaps");
        (ContextLength, StartId, EndId, VocabularySize) = (contextLength, start, end, vocabulary.Count);
        foreach (var merge in merges)
        {
            if (merge.Split(' ') is not [{ Length: > 0 } left, { Length: > 0 } right] || !vocabulary.ContainsKey(left) || !vocabulary.ContainsKey(right) || !vocabulary.ContainsKey(left + right))
                throw Broken(path, $"has the line '{(merge.Length > 40 ? merge[..40] + "…" : merge)}', which joins no two of its tokens to a third");
        }

        if (CaptionWords.ByteCharacters.FirstOrDefault(c => !vocabulary.ContainsKey(c.ToString()) || !vocabulary.ContainsKey(c + BytePairTrainer.EndOfWord)) is var absent and not '\0')
            throw Broken(path, $"lacks the byte '{absent}', alone or at a word's end");
        _pairs = BpeTokenizer.Create(new BpeOptions(vocabulary)
        {
            Merges = merges,
            EndOfWordSuffix = BytePairTrainer.EndOfWord,
            PreTokenizer = new RegexPreTokenizer(WholeWord(), null), // words come split already
        });
    }

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    public int ContextLength { get; }

    /// <inheritdoc/>
    public int PadId => 0;

    /// <inheritdoc/>
    public int StartId { get; }

    /// <inheritdoc/>
    public int EndId { get; }

    /// <summary>Reads OpenAI's <c>bpe_simple_vocab_16e6.txt.gz</c> (packed or not), or Hugging Face's <c>merges.txt</c> with <c>vocab.json</c> beside it, or a folder with either.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="contextLength">L; CLIP's is 77.</param>
    /// <exception cref="InputException">The file is missing or is no such vocabulary.</exception>
    public static ClipTokenizer Load(string path, int contextLength = 77)
    {
        if (Directory.Exists(path))
        {
            string[] names = ["bpe_simple_vocab_16e6.txt.gz", "bpe_simple_vocab_16e6.txt", "merges.txt"];
            path = names.Select(name => Path.Combine(path, name)).FirstOrDefault(File.Exists)
                ?? throw new InputException(path, $"holds none of {string.Join(", ", names)}", "Fetch one with data get weights/clip-vocabulary");
        }

        // The first line names the version; an empty one ends the file.
        var merges = VocabularyFile.Lines(path).Skip(1).Where(line => line.Length > 0).Take(MostMerges).ToArray();
        var ids = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "vocab.json");
        var isHuggingFace = Path.GetFileName(path) == "merges.txt" && File.Exists(ids);
        return new ClipTokenizer(path, isHuggingFace ? VocabularyFile.Json(ids) : Numbered(path, merges), merges, contextLength);
    }

    /// <inheritdoc/>
    public int[] Encode(string text)
    {
        var ids = new int[ContextLength];
        ids[0] = StartId;
        var length = 1;
        var cleaned = Clean(text);
        foreach (var match in Words().EnumerateMatches(cleaned))
        {
            foreach (var id in WordIds(cleaned.Substring(match.Index, match.Length)))
            {
                if (length == ContextLength - 1) break;
                ids[length++] = id;
            }
        }

        ids[length] = EndId;
        return ids; // the rest is PadId = 0
    }

    /// <summary>CLIP's clean-up of a caption.</summary>
    internal static string Clean(string text) =>
        WhiteSpace().Replace(WebUtility.HtmlDecode(WebUtility.HtmlDecode(text)).Trim(), " ").Trim().ToLowerInvariant();

    // OpenAI's order: printable bytes first, then the others, then all again at a word's end, then the merges.
    private static Dictionary<string, int> Numbered(string path, string[] merges)
    {
        var bytes = CaptionWords.ByteCharacters.Where(c => c < 256).Concat(CaptionWords.ByteCharacters.Where(c => c >= 256)).ToArray();
        var tokens = bytes.Select(c => c.ToString()).Concat(bytes.Select(c => c + BytePairTrainer.EndOfWord)).Concat(merges.Select(m => m.Replace(" ", "", StringComparison.Ordinal)));
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var token in tokens.Append(StartToken).Append(EndToken))
        {
            if (!ids.TryAdd(token, ids.Count)) throw Broken(path, $"makes the token '{(token.Length > 40 ? token[..40] + "…" : token)}' twice");
        }

        return ids;
    }

    private static InputException Broken(string path, string what) => new(path, what, "Fetch CLIP's vocabulary again with data get weights/clip-vocabulary");

    private int[] WordIds(string word)
    {
        if (_words.TryGetValue(word, out var ids)) return ids;
        ids = [.. _pairs.EncodeToIds(CaptionWords.ToByteCharacters(word))];
        if (_words.Count < MostCached) _words[word] = ids;
        return ids;
    }

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex WhiteSpace();

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+", RegexOptions.CultureInvariant)]
    private static partial Regex Words();

    [GeneratedRegex(".+", RegexOptions.Singleline)]
    private static partial Regex WholeWord();
}
