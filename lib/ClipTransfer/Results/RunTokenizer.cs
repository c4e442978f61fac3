using ClipTransfer.Data;
using ClipTransfer.Models;
using ClipTransfer.Models.Weights;
using ClipTransfer.Runtime;
using ClipTransfer.Text;

namespace ClipTransfer.Results;

/// <summary>The tokenizer of a run: a file in its folder, and attached to each checkpoint, so that a checkpoint can be evaluated alone.</summary>
/// <remarks>
/// A text tower that starts from public weights needs the vocabulary that these were trained with: BERT's word pieces for DistilBERT, CLIP's byte pairs for CLIP's text
/// transformer, from the data folder (<c>data get weights/…</c>). Every other run trains a tokenizer on its captions.
/// </remarks>
internal static class RunTokenizer
{
    private const string Trained = "tokenizer.json";
    private const string WordPieces = "vocab.txt";
    private const string BytePairs = "bpe_simple_vocab_16e6.txt";

    /// <summary>Makes the tokenizer and writes its file.</summary>
    /// <param name="settings">The run.</param>
    /// <param name="train">The pairs, on whose captions a tokenizer may be trained.</param>
    /// <param name="data">The data folder.</param>
    /// <param name="folder">The run's folder.</param>
    /// <param name="say">Told where a published vocabulary is missing.</param>
    /// <returns>The tokenizer, and its file.</returns>
    public static (ITokenizer Tokenizer, string File) Prepare(TrainingRunSettings settings, IPairSource train, string data, string folder, Action<string> say)
    {
        if (settings.PublicWeights && Published(settings, data, say) is var (source, name) && source is not null)
        {
            var copy = Path.Combine(folder, name);
            AtomicFile.WriteText(copy, string.Join('\n', VocabularyFile.Lines(source)));
            return (Load(folder, settings), copy);
        }

        var tokenizer = CaptionTokenizer.Train(Enumerable.Range(0, train.Count).SelectMany(train.Captions), settings.Tokenizer);
        var file = Path.Combine(folder, Trained);
        tokenizer.Save(file);
        return (tokenizer, file);
    }

    /// <summary>Reads the tokenizer of a run or a checkpoint.</summary>
    /// <param name="folder">The folder that holds its file.</param>
    /// <param name="settings">The run.</param>
    /// <exception cref="InputException">The file is missing or damaged.</exception>
    public static ITokenizer Load(string folder, TrainingRunSettings settings)
    {
        var length = settings.Tokenizer.ContextLength;
        if (File.Exists(Path.Combine(folder, WordPieces))) return BertWordPieces.Load(Path.Combine(folder, WordPieces), length);
        if (File.Exists(Path.Combine(folder, BytePairs))) return ClipTokenizer.Load(Path.Combine(folder, BytePairs), length);
        return CaptionTokenizer.Load(Path.Combine(folder, Trained));
    }

    private static (string? Source, string Name) Published(TrainingRunSettings settings, string data, Action<string> say)
    {
        var (source, name, fetch) = settings.Model.Text switch
        {
            DistilBertSettings => (WeightsCatalog.Locate("distilbert", data, WordPieces) ?? WeightsCatalog.Locate("bert-vocabulary", data), WordPieces, "bert-vocabulary"),
            ClipTextSettings => (WeightsCatalog.Locate("clip-vocabulary", data), BytePairs, "clip-vocabulary"),
            _ => (null, "", ""),
        };
        if (source is null && name.Length > 0) say($"no published vocabulary here (data get weights/{fetch}), so one is trained on the captions, and the text tower starts from scratch");
        return (source, name);
    }
}
