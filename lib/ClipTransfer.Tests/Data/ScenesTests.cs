using System.Security.Cryptography;
using ClipTransfer.Data;

namespace ClipTransfer.Tests.Data;

public class ScenesTests
{
    private const int N = 20_000;
    private static readonly ClassDistribution _zipf = ClassDistribution.Zipf(SceneVocabulary.Classes, 1);
    private static readonly ScenePairs _pairs = Scenes.Pairs(N, 17, new SceneOptions { Classes = _zipf });

    [Fact]
    public void Classes_come_at_their_probabilities()
    {
        var counts = new int[SceneVocabulary.Classes];
        for (var i = 0; i < N; i++) counts[_pairs.Factors(i).Class]++;
        var beyond = counts.Where((n, k) => Math.Abs(n - (N * P(k))) > 3 * Math.Sqrt(N * P(k) * (1 - P(k)))).Count();
        Assert.InRange(beyond, 0, 2); // of 64 at 3 standard errors, 0.17 are expected
        Assert.InRange(counts.Select((n, k) => Math.Pow(n - (N * P(k)), 2) / (N * P(k))).Sum(), 0, 103); // χ², 63 degrees, 1 in 1000

        static double P(int k) => _zipf.Probabilities[k];
    }

    [Theory]
    [InlineData(32)]
    [InlineData(128)]
    public void Unintended_positives_of_batches_come_at_the_closed_rate(int batchSize)
    {
        var rates = new List<double>();
        var anys = new List<double>();
        for (var start = 0; start + batchSize <= N; start += batchSize)
        {
            var z = Enumerable.Range(start, batchSize).Select(i => _pairs.Factors(i).Class).ToArray();
            var others = z.Select((a, i) => z.Where((b, j) => j != i && a == b).Count()).ToArray();
            rates.Add(others.Average());
            anys.Add(others.Average(n => n > 0 ? 1.0 : 0));
        }

        AssertWithin3StandardErrors(_zipf.ExpectedUnintendedPositives(batchSize), rates);
        AssertWithin3StandardErrors(_zipf.ProbabilityOfAny(batchSize), anys);
    }

    [Fact]
    public void The_closed_forms_agree_with_counting_all_outcomes()
    {
        // Three classes, batches of three: all 27 outcomes.
        var p = ClassDistribution.Of(5, 3, 2);
        double expected = 0, any = 0;
        for (var a = 0; a < 3; a++)
        {
            for (var b = 0; b < 3; b++)
            {
                for (var c = 0; c < 3; c++)
                {
                    var weight = p.Probabilities[a] * p.Probabilities[b] * p.Probabilities[c];
                    var others = (a == b ? 1 : 0) + (a == c ? 1 : 0);
                    expected += weight * others;
                    any += others > 0 ? weight : 0;
                }
            }
        }

        Assert.Equal(expected, p.ExpectedUnintendedPositives(3), 12);
        Assert.Equal(any, p.ProbabilityOfAny(3), 12);
    }

    [Fact]
    public void What_only_the_picture_shows_is_independent_of_what_is_shared()
    {
        AssertIndependent(64, i => _pairs.Factors(i).Class, 6, i => (int)_pairs.Factors(i).Backdrop);
        AssertIndependent(8, i => (int)_pairs.Factors(i).Shape, 8, i => (int)_pairs.Factors(i).Texture);
        AssertIndependent(8, i => (int)_pairs.Factors(i).Colour, 8, i => _pairs.Factors(i).Tone);
        AssertIndependent(8, i => (int)_pairs.Factors(i).Shape, 4, i => (int)(4 * (_pairs.Factors(i).Radius - 0.18) / 0.14));
        AssertIndependent(8, i => (int)_pairs.Factors(i).Colour, 5, i => (int)(5 * (_pairs.Factors(i).Rotation + 25) / 50));
        AssertIndependent(8, i => (int)_pairs.Factors(i).Shape, 4, i => (int)(_pairs.Factors(i).X * 4));
        AssertIndependent(8, i => (int)_pairs.Factors(i).Colour, 7, i => _pairs.Factors(i).Clutter.Count);
    }

    [Fact]
    public void What_only_the_caption_says_is_independent_of_what_is_shared_and_of_the_picture()
    {
        var wordings = SceneVocabulary.Wordings.Count;
        AssertIndependent(64, i => _pairs.Factors(i).Class, 2, i => Caption(i).RemarkFirst ? 1 : 0);
        AssertIndependent(8, i => (int)_pairs.Factors(i).Shape, wordings, i => Caption(i).Wording);
        AssertIndependent(8, i => (int)_pairs.Factors(i).Colour, 3, i => Caption(i).Remarks.Count);
        AssertIndependent(6, i => (int)_pairs.Factors(i).Backdrop, wordings, i => Caption(i).Wording);
        AssertIndependent(8, i => (int)_pairs.Factors(i).Texture, wordings, i => Caption(i).Wording);

        static SceneCaption Caption(int i) => _pairs.CaptionFactors(i);
    }

    [Fact]
    public void A_dependence_would_be_found()
    {
        // The same test on a feature that does depend on z must fail, else it shows nothing.
        Assert.True(ChiSquare(8, i => (int)_pairs.Factors(i).Shape, 2, i => _pairs.Factors(i).Class % 16 < 8 ? 1 : 0) > 1000);
    }

    [Fact]
    public void Every_caption_names_its_shape_and_colour_once_and_no_other()
    {
        for (var i = 0; i < 2000; i++)
        {
            var factors = _pairs.Factors(i);
            var words = _pairs.Captions(i)[0].Split(' ');
            Assert.Equal(SceneVocabulary.ShapeWords[(int)factors.Shape], SceneVocabulary.ShapeWords.Single(all => all.Intersect(words).Any()));
            Assert.Equal(SceneVocabulary.ColourWords[(int)factors.Colour], SceneVocabulary.ColourWords.Single(all => all.Intersect(words).Any()));
            Assert.Empty(SceneVocabulary.TextureWords.Intersect(words));
        }
    }

    [Fact]
    public void Every_picture_shows_its_colour_at_the_shapes_place()
    {
        // The strongest colour around the centre of a plain square is the palette's, whatever lies behind.
        var labels = Scenes.Labelled(64 * 20, 3, new SceneOptions { MostClutter = 0 });
        var seen = 0;
        for (var i = 0; i < labels.Count; i++)
        {
            var factors = labels.Factors(i);
            if (factors.Texture != SceneTexture.Plain || factors.Shape is SceneShape.Crescent) continue;
            var picture = labels.ReadImage(i, 48);
            var at = (((int)(factors.Y * 48) * 48) + (int)(factors.X * 48)) * 3;
            var expected = ScenePalette.Thing(factors.Colour, factors.Light);
            Assert.Equal((expected.Red, expected.Green, expected.Blue), (picture.Pixels[at], picture.Pixels[at + 1], picture.Pixels[at + 2]));
            seen++;
        }

        Assert.True(seen > 80);
    }

    [Fact]
    public void Items_do_not_depend_on_how_many_there_are_or_on_the_thread_that_draws_them()
    {
        var few = Scenes.Pairs(200, 5);
        var many = Scenes.Pairs(100_000, 5);
        var alone = Enumerable.Range(0, 200).Select(i => few.ReadImage(i, 48).Pixels).ToArray();
        Parallel.For(0, 200, i =>
        {
            Assert.Equal(alone[i], many.ReadImage(i, 48).Pixels);
            Assert.Equal(few.Captions(i), many.Captions(i));
        });
        Assert.NotEqual(few.Captions(0)[0] + few.Captions(1)[0], string.Concat(Scenes.Pairs(200, 6).Captions(0)[0], Scenes.Pairs(200, 6).Captions(1)[0]));
        Assert.NotEqual(alone[0], Scenes.Pairs(200, 5, split: "validation").ReadImage(0, 48).Pixels);
    }

    [Fact]
    public void A_seed_gives_the_captions_and_factors_written_here_on_every_machine()
    {
        // Frozen on the day the generator was written: a change here changes everybody's results and needs SceneDrawing.Version to rise.
        var pairs = Scenes.Pairs(500, 0);
        var text = string.Join('\n', Enumerable.Range(0, 500).Select(i =>
        {
            var f = pairs.Factors(i);
            return FormattableString.Invariant($"{pairs.Captions(i)[0]}|{f.Class}|{f.Texture}|{f.Backdrop}|{f.Tone}|{f.Clutter.Count}|{f.X:R}|{f.Radius:R}");
        }));
        Assert.Equal("d9e52b6997fc8b0e", Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)))[..16]);
    }

    [Fact]
    public void An_option_changes_what_it_names_and_nothing_else()
    {
        var plain = Scenes.Pairs(300, 8);
        var outlines = Scenes.Pairs(300, 8, new SceneOptions { Style = SceneStyle.Outline, TextureNamedRate = 1, NewBackdrops = true });
        for (var i = 0; i < 300; i++)
        {
            var (a, b) = (plain.Factors(i), outlines.Factors(i));
            Assert.Equal(a with { Style = b.Style, Backdrop = b.Backdrop, Tone = b.Tone, Accent = b.Accent, Phase = b.Phase, Clutter = [] }, b with { Clutter = [] });
            Assert.InRange((int)b.Backdrop, (int)SceneBackdrop.Rings, (int)SceneBackdrop.Patches);
            Assert.InRange((int)a.Backdrop, (int)SceneBackdrop.Plain, (int)SceneBackdrop.Slopes);
            Assert.Equal(plain.CaptionFactors(i) with { Text = "", TextureWord = null, Remarks = [] }, outlines.CaptionFactors(i) with { Text = "", TextureWord = null, Remarks = [] });
            Assert.Contains(SceneVocabulary.TextureWords[(int)b.Texture], outlines.Captions(i)[0], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(SceneSet.ShapeColour, 64)]
    [InlineData(SceneSet.Shape, 8)]
    [InlineData(SceneSet.Colour, 8)]
    [InlineData(SceneSet.NewBackdrops, 64)]
    [InlineData(SceneSet.Outlines, 64)]
    [InlineData(SceneSet.Texture, 8)]
    [InlineData(SceneSet.Backdrop, 6)]
    public void Each_downstream_set_has_its_classes_equally_often_and_labels_what_it_draws(SceneSet set, int classes)
    {
        var labels = Scenes.Labelled(classes * 5, 2, set: set);
        Assert.Equal(classes, labels.ClassNames.Count);
        Assert.Equal(classes, labels.ClassNames.Distinct().Count());
        Assert.All(labels.Templates, t => Assert.Contains("{0}", t, StringComparison.Ordinal));
        Assert.All(Enumerable.Range(0, labels.Count).GroupBy(labels.Label), g => Assert.Equal(5, g.Count()));
        for (var i = 0; i < labels.Count; i++)
        {
            var f = labels.Factors(i);
            var name = labels.ClassNames[labels.Label(i)];
            var shown = set switch
            {
                SceneSet.Shape => SceneVocabulary.ShapeWords[(int)f.Shape][0],
                SceneSet.Colour => SceneVocabulary.ColourWords[(int)f.Colour][0],
                SceneSet.Texture => SceneVocabulary.TextureWords[(int)f.Texture],
                SceneSet.Backdrop => f.Backdrop.ToString().ToLowerInvariant(),
                _ => SceneVocabulary.ClassName(f.Class),
            };
            Assert.Equal(name, shown);
            Assert.Equal(set == SceneSet.NewBackdrops, f.Backdrop >= SceneBackdrop.Rings);
            Assert.Equal(set == SceneSet.Outlines, f.Style == SceneStyle.Outline);
        }
    }

    [Fact]
    public void Held_out_scenes_are_not_among_the_pairs_of_the_same_seed()
    {
        var pairs = Scenes.Pairs(3000, 1);
        var labels = Scenes.Labelled(640, 1);
        var places = Enumerable.Range(0, 3000).Select(i => (pairs.Factors(i).X, pairs.Factors(i).Y)).ToHashSet();
        Assert.DoesNotContain(Enumerable.Range(0, 640), i => places.Contains((labels.Factors(i).X, labels.Factors(i).Y)));
    }

    private static void AssertWithin3StandardErrors(double expected, List<double> batches)
    {
        var mean = batches.Average();
        var error = Math.Sqrt(batches.Sum(b => (b - mean) * (b - mean)) / (batches.Count - 1) / batches.Count);
        Assert.InRange(mean, expected - (3 * error), expected + (3 * error));
    }

    private static void AssertIndependent(int rows, Func<int, int> a, int columns, Func<int, int> b)
    {
        var degrees = (rows - 1) * (columns - 1);
        // Wilson and Hilferty's approximation of the χ² quantile at 1 − 10⁻⁴.
        var limit = degrees * Math.Pow(1 - (2.0 / (9 * degrees)) + (3.719 * Math.Sqrt(2.0 / (9 * degrees))), 3);
        Assert.InRange(ChiSquare(rows, a, columns, b), 0, limit);
    }

    private static double ChiSquare(int rows, Func<int, int> a, int columns, Func<int, int> b)
    {
        var counts = new double[rows, columns];
        var (byRow, byColumn) = (new double[rows], new double[columns]);
        for (var i = 0; i < N; i++)
        {
            var (r, c) = (a(i), b(i));
            counts[r, c]++;
            byRow[r]++;
            byColumn[c]++;
        }

        var sum = 0.0;
        for (var r = 0; r < rows; r++)
            for (var c = 0; c < columns; c++)
            {
                var expected = byRow[r] * byColumn[c] / N;
                if (expected > 0) sum += Math.Pow(counts[r, c] - expected, 2) / expected;
            }

        return sum;
    }
}
