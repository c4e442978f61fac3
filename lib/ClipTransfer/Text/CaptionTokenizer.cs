using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;
using ClipTransfer.Runtime;
using Microsoft.ML.Tokenizers;

namespace ClipTransfer.Text;

/// <summary>A byte-pair tokenizer trained on the corpus's own captions: the embedded default, for which no vocabulary has to be fetched.</summary>
/// <remarks>
/// The same kind as CLIP's (byte level, lower case, end-of-word mark, start and end tokens last), smaller by its corpus. Merges are learned here
/// and applied by Microsoft.ML.Tokenizers. Ids: 0 padding, then 256 bytes, the same 256 at a word's end, the merges in order, start, end.
/// The end token has the highest id, as in CLIP, so that an argmax over a row finds it.
/// </remarks>
public sealed partial class CaptionTokenizer : ITokenizer
{
    /// <summary>Base ids: padding, bytes, bytes at a word's end, start, end.</summary>
    public const int SmallestVocabulary = 1 + 256 + 256 + 2;

    private const string Format = "cliptransfer byte-pair 1";
    private const int MostCached = 1 << 17;
    private readonly (string Left, string Right)[] _merges;
    private readonly string[] _tokens;
    private readonly BpeTokenizer _pairs;
    private readonly ConcurrentDictionary<string, int[]> _words = new(StringComparer.Ordinal);

    private CaptionTokenizer(IEnumerable<(string Left, string Right)> merges, int contextLength)
    {
        if (contextLength < 3) throw new ArgumentOutOfRangeException(nameof(contextLength), contextLength, "start, one token and end need 3 places");
        _merges = [.. merges];
        ContextLength = contextLength;
        List<string> tokens = ["<pad>"];
        tokens.AddRange(CaptionWords.ByteCharacters.Select(c => c.ToString()));
        tokens.AddRange(CaptionWords.ByteCharacters.Select(c => c + BytePairTrainer.EndOfWord));
        tokens.AddRange(_merges.Select(m => m.Left + m.Right));
        // Two merges may give one token (a+bc, ab+c): it has one id, the first.
        _tokens = [.. tokens.Distinct(StringComparer.Ordinal)];
        StartId = _tokens.Length;
        EndId = _tokens.Length + 1;
        VocabularySize = _tokens.Length + 2;
        _pairs = BpeTokenizer.Create(new BpeOptions(_tokens.Skip(1).Select((token, i) => KeyValuePair.Create(token, i + 1)))
        {
            Merges = _merges.Select(m => $"{m.Left} {m.Right}"),
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

    /// <summary>Learns the merges of a corpus. The same captions give the same tokenizer, in whatever order they come.</summary>
    public static CaptionTokenizer Train(IEnumerable<string> captions, TokenizerSettings? settings = null)
    {
        settings ??= new TokenizerSettings();
        if (settings.VocabularySize < SmallestVocabulary)
            throw new ArgumentException($"a vocabulary needs at least {SmallestVocabulary} ids, not {settings.VocabularySize}", nameof(settings));
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var caption in captions)
            foreach (var word in CaptionWords.Split(caption))
                counts[word] = counts.GetValueOrDefault(word) + 1;
        var byteCounts = counts.ToDictionary(w => CaptionWords.ToByteCharacters(w.Key), w => w.Value, StringComparer.Ordinal);
        var merges = BytePairTrainer.Learn(byteCounts, settings.VocabularySize - SmallestVocabulary, settings.LeastCount);
        return new CaptionTokenizer(merges, settings.ContextLength);
    }

    /// <inheritdoc/>
    public int[] Encode(string text)
    {
        var ids = new int[ContextLength];
        ids[0] = StartId;
        var length = 1;
        foreach (var word in CaptionWords.Split(text))
        {
            foreach (var id in WordIds(word))
            {
                if (length == ContextLength - 1) break;
                ids[length++] = id;
            }
        }

        ids[length] = EndId;
        return ids; // the rest is PadId = 0
    }

    /// <summary>The cleaned words of a text that these ids encode, one space between words.</summary>
    public string Decode(IEnumerable<int> ids)
    {
        var text = string.Concat(ids.Where(id => id > PadId && id < StartId).Select(id => _tokens[id]));
        return string.Join(' ', text.Split(BytePairTrainer.EndOfWord, StringSplitOptions.RemoveEmptyEntries).Select(CaptionWords.FromByteCharacters));
    }

    /// <summary>Writes merges and context length as JSON.</summary>
    public void Save(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(
        new Document(Format, ContextLength, [.. _merges.Select(m => $"{m.Left} {m.Right}")])));

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InputException">The file is missing or is no tokenizer.</exception>
    public static CaptionTokenizer Load(string path)
    {
        try
        {
            var document = JsonSerializer.Deserialize<Document>(File.ReadAllText(path));
            if (document is not { Format: Format, Merges: not null, ContextLength: >= 3 }) throw new JsonException($"not a '{Format}' document");
            return new CaptionTokenizer(document.Merges.Select(Pair), document.ContextLength);
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InputException(path, $"is not a tokenizer of this project ({error.Message.TrimEnd('.')})", "Train one on the captions, or name another file", error);
        }

        static (string, string) Pair(string merge) =>
            merge.Split(' ') is [{ Length: > 0 } left, { Length: > 0 } right] ? (left, right) : throw new JsonException($"'{merge}' is no merge of two symbols");
    }

    private int[] WordIds(string word)
    {
        if (_words.TryGetValue(word, out var ids)) return ids;
        ids = [.. _pairs.EncodeToIds(CaptionWords.ToByteCharacters(word))];
        if (_words.Count < MostCached) _words[word] = ids;
        return ids;
    }

    [GeneratedRegex(".+", RegexOptions.Singleline)]
    private static partial Regex WholeWord();

    private sealed record Document(string Format, int ContextLength, string[] Merges);
}
