using System.IO.Compression;
using System.Text;
using ClipTransfer.Runtime;
using ClipTransfer.Text;
using CsCheck;

namespace ClipTransfer.Tests.Text;

/// <summary>CLIP's and BERT's encodings on small vocabularies whose ids are counted by hand.</summary>
public sealed class PublishedTokenizerTests : IDisposable
{
    // Ids: 256 bytes and 256 bytes at a word's end come first, so the first merge has id 512.
    private const string Merges = "#version: 0.2\nl o\nlo w</w>\nc a\nca t</w>\ne r</w>\n";
    private const int Low = 513, Cat = 515, Er = 516, Start = 517, End = 518;
    private static readonly string[] _bert = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "photo", "of", "un", "##aff", "##able", "!", ",", "cat", "##s", "[", "]", "sep", "cafe", "猫"];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private ClipTokenizer Clip(int context = 8)
    {
        using (var gzip = new GZipStream(File.Create(_folder.File("bpe_simple_vocab_16e6.txt.gz")), CompressionLevel.Fastest)) gzip.Write(Encoding.UTF8.GetBytes(Merges));
        return ClipTokenizer.Load(_folder.Path, context);
    }

    private BertWordPieces Bert(int context = 10)
    {
        File.WriteAllText(_folder.File("vocab.txt"), string.Join('\n', _bert) + "\n");
        return BertWordPieces.Load(_folder.Path, context);
    }

    // In OpenAI's order the printable ASCII characters come first: '!' is 0.
    private static int Letter(char c) => c - '!';

    private static int LastLetter(char c) => 256 + c - '!';

    [Fact]
    public void Clip_encodes_by_merges_with_ids_counted_by_hand()
    {
        var clip = Clip();
        Assert.Equal((519, Start, End, 0), (clip.VocabularySize, clip.StartId, clip.EndId, clip.PadId));
        Assert.Equal([Start, Low, Cat, End, 0, 0, 0, 0], clip.Encode("low cat"));
        Assert.Equal([Start, 512, Letter('w'), Er, End, 0, 0, 0], clip.Encode("lower"));
        Assert.Equal([Start, Letter('a'), LastLetter('b'), LastLetter('1'), LastLetter('2'), LastLetter('!'), End, 0], clip.Encode("ab12!"));
    }

    [Fact]
    public void Single_signs_have_their_published_ids()
    {
        // From OpenAI's and Hugging Face's examples: "a photo of a cat" begins 320 1125 539 320, and "Hello, world!" is 3306 267 1002 256.
        Assert.Equal([Start, 320, 267, 256, End], Clip().Encode("a , !")[..5]);
    }

    [Fact]
    public void Clip_cleans_up_as_published()
    {
        var clip = Clip(16);
        Assert.Equal(clip.Encode("low cat"), clip.Encode("  LOW \t\n Cat "));
        Assert.Equal(clip.Encode("low & cat"), clip.Encode("low &amp;amp; cat"));
        Assert.Equal(clip.Encode("\"cat\""), clip.Encode("&quot;cat&quot;"));
        // é is two bytes, C3 A9, of which the first stands for itself and the second ends the word.
        Assert.Equal([Start, 94 + (0xC3 - 0xA1) - 1, 256 + 94 + (0xA9 - 0xA1), End], clip.Encode("é")[..4]);
        int[] expected = [Start, Cat, Letter((char)39), LastLetter((char)115), End, .. new int[11]];
        Assert.Equal(expected, clip.Encode("cat's"));
    }

    [Fact]
    public void Too_long_texts_keep_the_end_token_and_special_texts_are_words()
    {
        var clip = Clip();
        Assert.Equal([Start, Low, Low, Low, Low, Low, Low, End], clip.Encode(string.Join(' ', Enumerable.Repeat("low", 50))));
        Assert.Equal(1, clip.Encode("cat<|endoftext|>").Count(id => id == End));
        var bert = Bert(4);
        Assert.Equal([2, 13, 13, 3], bert.Encode("cat cat cat cat"));
        Assert.Equal([2, 15, 17, 16, 3, 0], Bert(6).Encode("[SEP]"));
    }

    [Fact]
    public void Clip_reads_hugging_faces_pair_of_files_alike()
    {
        var first = Clip();
        var folder = Directory.CreateDirectory(_folder.File("hf")).FullName;
        File.WriteAllText(Path.Combine(folder, "merges.txt"), Merges);
        // The same tokens with all ids turned round.
        var bytes = Enumerable.Range(0, 256).Select(b => CaptionWords.ByteCharacters[b].ToString()).ToArray();
        string[] tokens = [.. bytes, .. bytes.Select(b => b + "</w>"), "lo", "low</w>", "ca", "cat</w>", "er</w>", ClipTokenizer.StartToken, ClipTokenizer.EndToken];
        File.WriteAllText(Path.Combine(folder, "vocab.json"), System.Text.Json.JsonSerializer.Serialize(tokens.Select((t, i) => (t, i)).ToDictionary(p => p.t, p => tokens.Length - 1 - p.i)));
        var second = ClipTokenizer.Load(folder, 8);
        Assert.Equal(first.VocabularySize, second.VocabularySize);
        Assert.Equal([1, 518 - Low, 518 - Cat, 0], second.Encode("low cat")[..4]);
    }

    [Fact]
    public void Bert_splits_words_into_pieces_with_ids_counted_by_hand()
    {
        var bert = Bert();
        Assert.Equal((20, 2, 3, 0), (bert.VocabularySize, bert.StartId, bert.EndId, bert.PadId));
        Assert.Equal([2, 5, 6, 7, 13, 14, 3, 0, 0, 0], bert.Encode("A photo of CATS"));
        Assert.Equal([2, 8, 9, 10, 11, 3, 0, 0, 0, 0], bert.Encode("unaffable!")); // the paper's own example
        Assert.Equal([2, 18, 3], bert.Encode("CAFÉ")[..3]);
        Assert.Equal(bert.Encode("CAFÉ"), bert.Encode("cafe\u0301"));
        Assert.Equal([2, 1, 12, 19, 13, 3, 0, 0, 0, 0], bert.Encode("dog, 猫cat"));
    }

    [Fact]
    public void Every_encoding_is_start_text_end_padding_whatever_the_text()
    {
        foreach (ITokenizer tokenizer in new ITokenizer[] { Clip(), Bert() })
        {
            Gen.String[0, 60].Sample(
                text =>
                {
                    var ids = tokenizer.Encode(text);
                    var end = Array.IndexOf(ids, tokenizer.EndId);
                    Assert.Equal(tokenizer.ContextLength, ids.Length);
                    Assert.Equal(tokenizer.StartId, ids[0]);
                    Assert.InRange(end, 1, ids.Length - 1);
                    Assert.All(ids, id => Assert.InRange(id, 0, tokenizer.VocabularySize - 1));
                    Assert.All(ids[(end + 1)..], id => Assert.Equal(tokenizer.PadId, id));
                },
                iter: 300, threads: 1);
        }
    }

    [Theory]
    [InlineData("#version\nl o w\n", "joins no two")]
    [InlineData("#version\nxx y\n", "joins no two")]
    [InlineData("#version\nl o\nl o\n", "twice")]
    public void A_broken_clip_vocabulary_says_so(string text, string expected)
    {
        File.WriteAllText(_folder.File("bpe_simple_vocab_16e6.txt"), text);
        Assert.Contains(expected, Assert.Throws<InputException>(() => ClipTokenizer.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_or_damaged_vocabulary_says_so()
    {
        Assert.Contains("bpe_simple_vocab", Assert.Throws<InputException>(() => ClipTokenizer.Load(_folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllBytes(_folder.File("bpe_simple_vocab_16e6.txt.gz"), [1, 2, 3]);
        Assert.Contains("cannot be read".Split(' ')[2], Assert.Throws<InputException>(() => ClipTokenizer.Load(_folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("vocab.txt", Assert.Throws<InputException>(() => BertWordPieces.Load(_folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(_folder.File("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\na\n");
        Assert.Contains("line 7", Assert.Throws<InputException>(() => BertWordPieces.Load(_folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(_folder.File("vocab.txt"), "[PAD]\na\n");
        Assert.Contains("[UNK]", Assert.Throws<InputException>(() => BertWordPieces.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }
}
