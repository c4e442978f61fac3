using ClipTransfer.Data;
using ClipTransfer.Text;
using CsCheck;

namespace ClipTransfer.Tests.Text;

public class CaptionTokenizerTests
{
    private static readonly string[] _scenes = [.. Enumerable.Range(0, 2000).SelectMany(i => Scenes.Pairs(2000, 0).Captions(i))];
    private static readonly CaptionTokenizer _wide = CaptionTokenizer.Train(_scenes.Take(50), new TokenizerSettings { ContextLength = 4096 });
    private static readonly CaptionTokenizer _tokenizer = CaptionTokenizer.Train(_scenes);

    [Fact]
    public void Merges_learned_by_hand_on_the_textbook_corpus()
    {
        // low ×5, lower ×2, newest ×6, widest ×3 (Sennrich et al., with the end of a word on its last letter).
        // By hand: es 9 and st</w> 9 tie, "e s" comes first by ordinal order; then es t</w> 9; then lo 7; lo has "lo w</w>" 5 and "lo w" 2.
        string[] corpus = [.. Enumerable.Repeat("low", 5), .. Enumerable.Repeat("lower", 2), .. Enumerable.Repeat("newest", 6), .. Enumerable.Repeat("widest", 3)];
        var tokenizer = CaptionTokenizer.Train(corpus, new TokenizerSettings { VocabularySize = CaptionTokenizer.SmallestVocabulary + 3, ContextLength = 16 });

        Assert.Equal(CaptionTokenizer.SmallestVocabulary + 3, tokenizer.VocabularySize);
        var es = 1 + 512; // the first merge's id follows the padding and two alphabets
        int Byte(char c) => 1 + c;
        int LastByte(char c) => 1 + 256 + c;
        Assert.Equal([tokenizer.StartId, Byte('n'), Byte('e'), Byte('w'), es + 1, tokenizer.EndId], tokenizer.Encode("newest")[..6]);
        Assert.Equal([tokenizer.StartId, es + 2, LastByte('w'), tokenizer.EndId, 0], tokenizer.Encode("LOW")[..5]);
        Assert.Equal([tokenizer.StartId, es, LastByte('x'), tokenizer.EndId], tokenizer.Encode("esx")[..4]);
    }

    [Fact]
    public void A_word_of_the_corpus_is_one_token_and_a_caption_has_one_start_and_one_end()
    {
        var ids = _tokenizer.Encode("there is a purple crescent");
        Assert.Equal(_tokenizer.ContextLength, ids.Length);
        Assert.Equal(_tokenizer.StartId, ids[0]);
        Assert.Equal(_tokenizer.EndId, ids[6]);
        Assert.All(ids[7..], id => Assert.Equal(_tokenizer.PadId, id));
        Assert.Equal(Array.IndexOf(ids, ids.Max()), Array.IndexOf(ids, _tokenizer.EndId)); // CLIP's argmax pooling finds it
    }

    [Fact]
    public void Any_text_survives_the_round_trip_up_to_the_clean_up() =>
        Gen.String.Sample(
            text =>
            {
                Assert.Equal(string.Join(' ', CaptionWords.Split(text)), _wide.Decode(_wide.Encode(text)));
            },
            iter: 500, threads: 1);

    [Fact]
    public void Every_encoding_is_start_text_end_padding_whatever_the_text() =>
        Gen.String[0, 400].Sample(
            text =>
            {
                var ids = _tokenizer.Encode(text);
                var end = Array.IndexOf(ids, _tokenizer.EndId);
                Assert.Equal(_tokenizer.ContextLength, ids.Length);
                Assert.Equal(_tokenizer.StartId, ids[0]);
                Assert.InRange(end, 1, ids.Length - 1);
                Assert.All(ids[1..end], id => Assert.InRange(id, 1, _tokenizer.StartId - 1));
                Assert.All(ids[(end + 1)..], id => Assert.Equal(_tokenizer.PadId, id));
            },
            iter: 500, threads: 1);

    [Fact]
    public void Too_long_a_caption_is_cut_before_the_end_token()
    {
        var text = string.Join(' ', Enumerable.Repeat("red", 100));
        var ids = _tokenizer.Encode(text);
        Assert.Equal(_tokenizer.EndId, ids[^1]);
        Assert.Equal(_tokenizer.Encode("red")[1], ids[^2]);
    }

    [Fact]
    public void The_order_of_the_captions_does_not_matter()
    {
        var backwards = CaptionTokenizer.Train(_scenes.Reverse());
        Assert.Equal(_tokenizer.VocabularySize, backwards.VocabularySize);
        foreach (var caption in _scenes.Take(100)) Assert.Equal(_tokenizer.Encode(caption), backwards.Encode(caption));
    }

    [Fact]
    public void A_saved_tokenizer_encodes_as_before()
    {
        var path = Path.Combine(Path.GetTempPath(), $"tokenizer-{Guid.NewGuid():n}.json");
        try
        {
            _tokenizer.Save(path);
            var loaded = CaptionTokenizer.Load(path);
            Assert.Equal(_tokenizer.VocabularySize, loaded.VocabularySize);
            foreach (var caption in _scenes.Take(100)) Assert.Equal(_tokenizer.Encode(caption), loaded.Encode(caption));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Clean_up_lowers_and_drops_control_characters() =>
        Assert.Equal(["it", "'s", "a", "café", "cafe\u0301", ",", "2", "0"], CaptionWords.Split("It's\u0007  a\tCAF\u00c9 cafe\u0301,\u200b20"));
}
