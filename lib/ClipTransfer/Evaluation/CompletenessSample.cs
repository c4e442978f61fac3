using ClipTransfer.Runtime;
using ClipTransfer.Theory;
using static TorchSharp.torch;

namespace ClipTransfer.Evaluation;

/// <summary>Held-out pictures and captions with the shared feature z of each: what the completeness of a trained score is estimated on.</summary>
/// <remarks>
/// <para>Assumption 4.1 asks for <i>some</i> score f* that is (α, β, γ)-complete. A trained score f̂ is a witness: the data are at least as complete as f̂ is found to be. The
/// population is that of <see cref="Completeness"/>; here it is the finite sample, and every choice is ours [?]:</para>
/// <list type="bullet">
/// <item>z is drawn by its frequency among captions, z' by the same law until it differs.</item>
/// <item>Given z, x and y are drawn independently, as x ⊥ y | z says: never a picture with its own caption, unless z <i>is</i> the picture.</item>
/// <item>γ and α come from random quadruples; β from every picture and every caption, exactly.</item>
/// </list>
/// </remarks>
public sealed class CompletenessSample
{
    private const int MostRounds = 10_000;

    private readonly int[] _imageClass;
    private readonly int[] _textClass;
    private readonly int[] _ownImage;
    private readonly bool _ownPairs;
    private readonly Dictionary<int, int[]> _imagesOf;
    private readonly int[] _texts;

    /// <summary>Names z for pictures and captions.</summary>
    /// <param name="sharedFeature">What z is, in words.</param>
    /// <param name="classOfImage">z of each picture; below 0 leaves it out.</param>
    /// <param name="imageOfText">For each caption the row of its picture, whose z it shares.</param>
    /// <param name="ownPairs">Whether a picture may meet its own caption: only where z is the picture itself.</param>
    /// <exception cref="InputException">Fewer than two z have pictures and captions to draw.</exception>
    public CompletenessSample(string sharedFeature, IReadOnlyList<int> classOfImage, IReadOnlyList<int> imageOfText, bool ownPairs)
    {
        SharedFeature = sharedFeature;
        _ownPairs = ownPairs;
        _imageClass = [.. classOfImage];
        _ownImage = [.. imageOfText];
        _textClass = [.. imageOfText.Select(image => classOfImage[image])];
        _imagesOf = Enumerable.Range(0, _imageClass.Length).Where(i => _imageClass[i] >= 0).GroupBy(i => _imageClass[i]).ToDictionary(group => group.Key, group => group.ToArray());
        // Without its own picture a caption needs another one of its z.
        _texts = [.. Enumerable.Range(0, _textClass.Length).Where(t => _textClass[t] >= 0 && _imagesOf[_textClass[t]].Length > (ownPairs ? 0 : 1))];
        Classes = _texts.Select(t => _textClass[t]).Distinct().Count();
        if (Classes < 2)
            throw new InputException($"completeness by {sharedFeature}", $"only {Classes} value(s) of the shared feature have pictures and captions enough", "Use more held-out pairs");
    }

    /// <summary>What z is.</summary>
    public string SharedFeature { get; }

    /// <summary>How many different z take part.</summary>
    public int Classes { get; }

    /// <summary>Estimates α, β and γ of the cosine f(x, y) = ⟨g(x), h(y)⟩.</summary>
    /// <param name="images">Unit rows, <c>[N, D]</c>.</param>
    /// <param name="texts">Unit rows, <c>[M, D]</c>.</param>
    /// <param name="quadruples">How many (x, y, x', y') to draw.</param>
    /// <param name="seed">Decides which: models that are compared should share it.</param>
    /// <exception cref="InputException">An embedding is not finite.</exception>
    public ScoreCompleteness Measure(Tensor images, Tensor texts, int quadruples, long seed)
    {
        if (images.shape[0] != _imageClass.Length || texts.shape[0] != _textClass.Length)
            throw new ArgumentException($"{images.shape[0]} pictures and {texts.shape[0]} captions; z is known of {_imageClass.Length} and {_textClass.Length}");
        ArgumentOutOfRangeException.ThrowIfLessThan(quadruples, 1);
        var scores = Scores(images, texts);
        var random = new Random(unchecked((int)Seeds.Derive(seed, "evaluation/completeness")));
        var margins = new double[quadruples];
        double own = 0, other = 0, largest = 0;
        for (var q = 0; q < quadruples; q++)
        {
            var (image, text) = Pair(random);
            var (otherImage, otherText) = PairOfAnother(_textClass[text], random);
            double f = scores[image, text], wrongImage = scores[otherImage, text], wrongText = scores[image, otherText];
            margins[q] = f - Math.Max(wrongImage, wrongText);
            (own, other) = (own + f, other + (wrongImage + wrongText) / 2);
            largest = Math.Max(largest, Math.Max(Math.Abs(f), Math.Max(Math.Abs(wrongImage), Math.Abs(wrongText))));
        }

        Array.Sort(margins);
        return new ScoreCompleteness(
            SharedFeature, Classes, _imageClass.Count(z => z >= 0), _textClass.Count(z => z >= 0), quadruples, (double)margins.Count(m => m <= 0) / quadruples,
            [.. ScoreCompleteness.Levels.Select(level => Estimate.QuantileOf(margins, level))], BetaImage(scores), BetaText(scores), own / quadruples, other / quadruples, largest);
    }

    private static double[,] Scores(Tensor images, Tensor texts)
    {
        using var scope = NewDisposeScope();
        var found = Embeddings.Finite(images.to(ScalarType.Float64).matmul(texts.to(ScalarType.Float64).t()), "completeness").cpu().contiguous();
        var scores = new double[images.shape[0], texts.shape[0]];
        Buffer.BlockCopy(found.data<double>().ToArray(), 0, scores, 0, scores.Length * sizeof(double));
        return scores;
    }

    private (int Image, int Text) Pair(Random random)
    {
        var text = _texts[random.Next(_texts.Length)];
        var images = _imagesOf[_textClass[text]];
        if (_ownPairs) return (images[random.Next(images.Length)], text);
        // Skipping the own picture by its place keeps the others equally likely.
        var place = random.Next(images.Length - 1);
        return (images[place < Array.IndexOf(images, _ownImage[text]) ? place : place + 1], text);
    }

    private (int Image, int Text) PairOfAnother(int shared, Random random)
    {
        for (var round = 0; round < MostRounds; round++)
        {
            var pair = Pair(random);
            if (_textClass[pair.Text] != shared) return pair;
        }

        throw new InputException($"completeness by {SharedFeature}", "two different values are almost never drawn", "Use held-out pairs in which no value is so frequent");
    }

    private double BetaImage(double[,] scores) => Mean(_texts.Select(text =>
        Variance([.. _imagesOf[_textClass[text]].Where(image => _ownPairs || image != _ownImage[text]).Select(image => scores[image, text])])));

    private double BetaText(double[,] scores)
    {
        var textsOf = Enumerable.Range(0, _textClass.Length).Where(t => _textClass[t] >= 0).ToLookup(t => _textClass[t]);
        return Mean(Enumerable.Range(0, _imageClass.Length).Where(i => _imageClass[i] >= 0).Select(image =>
            Variance([.. textsOf[_imageClass[image]].Where(text => _ownPairs || _ownImage[text] != image).Select(text => scores[image, text])])));
    }

    private static double Mean(IEnumerable<double> variances)
    {
        var known = variances.Where(v => !double.IsNaN(v)).ToArray();
        return known.Length == 0 ? double.NaN : known.Average();
    }

    // Unbiased; NaN of fewer than two.
    private static double Variance(double[] values)
    {
        if (values.Length < 2) return double.NaN;
        var mean = values.Average();
        return values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1);
    }
}
