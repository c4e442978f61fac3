using ClipTransfer.Data;
using ClipTransfer.Evaluation;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Evaluation;

public class FactorProbeTests
{
    private static readonly int[] _all = [.. Enumerable.Range(0, 600)];

    private static ScenePairs Pairs(string split) => Scenes.Pairs(600, 3, new SceneOptions { TextureNamedRate = 0.05 }, split);

    [Fact]
    public void Labels_are_classes_that_all_occur_and_say_what_picture_and_caption_say()
    {
        var pairs = Pairs("test");
        foreach (var factor in SceneFactor.All(pairs.Options))
        {
            Assert.Equal(Enumerable.Range(0, factor.Classes), _all.Select(i => factor.Label(pairs, i)).Distinct().Order());
            // No factor is so lopsided that a constant answer does well, but for the synonyms, which are one in four.
            Assert.InRange(_all.GroupBy(i => factor.Label(pairs, i)).Max(g => g.Count()) / 600.0, 0, factor.Name == "synonym" ? 0.8 : 0.3);
        }

        Func<int, int> Of(Modality of, string name) => i => SceneFactor.All(pairs.Options).Single(f => f.Of == of && f.Name == name).Label(pairs, i);
        foreach (var i in _all)
        {
            var text = pairs.Captions(i)[0];
            Assert.Contains(SceneVocabulary.ShapeWords[Of(Modality.Text, "shape")(i)], word => text.Split(' ').Contains(word));
            Assert.Contains(SceneVocabulary.ColourWords[Of(Modality.Text, "colour")(i)], word => text.Split(' ').Contains(word));
            Assert.Equal(Of(Modality.Text, "synonym")(i) == 0, text.Split(' ').Contains(SceneVocabulary.ShapeWords[Of(Modality.Image, "shape")(i)][0]));
            // The first remark in the caption is of the topic; a caption without one names none of any topic.
            var remarks = SceneVocabulary.Remarks.SelectMany((list, topic) => list.Select(remark => (topic, at: text.IndexOf(remark, StringComparison.Ordinal)))).Where(r => r.at >= 0).OrderBy(r => r.at).ToArray();
            Assert.Equal(remarks.Length == 0 ? SceneVocabulary.Remarks.Count : remarks[0].topic, Of(Modality.Text, "remark")(i));
            var (x, y) = (pairs.Factors(i).X, pairs.Factors(i).Y);
            Assert.Equal((x < 5 / 12.0 ? 0 : x < 7 / 12.0 ? 1 : 2) + (3 * (y < 5 / 12.0 ? 0 : y < 7 / 12.0 ? 1 : 2)), Of(Modality.Image, "place")(i));
        }

        Assert.Equal(FactorRole.SeldomNamed, SceneFactor.All(pairs.Options).Single(f => f.Name == "texture").Role);
        Assert.Equal(FactorRole.Unique, SceneFactor.All(new SceneOptions()).Single(f => f.Name == "texture").Role);
    }

    [Fact]
    public void A_factor_that_stands_in_the_embedding_is_kept_whole_and_one_that_does_not_is_not_kept()
    {
        using var scope = NewDisposeScope();
        var (train, test) = (Pairs("factor-probe"), Pairs("test"));
        var factors = SceneFactor.All(train.Options);
        var shape = factors.First(f => f is { Name: "shape", Of: Modality.Image });
        var backdrop = factors.First(f => f.Name == "backdrop");
        var (fitted, tested) = (Shapes(train), Shapes(test));
        var kept = FactorProbe.Measure(shape, fitted, train, _all, tested, test, _all, 0);
        Assert.Equal((1, 1), (kept.Accuracy, kept.Kept));
        var dropped = FactorProbe.Measure(backdrop, fitted, train, _all, tested, test, _all, 0);
        Assert.Equal(_all.GroupBy(i => test.Factors(i).Backdrop).Max(g => g.Count()) / 600.0, dropped.Chance, 1e-12);
        // Independent of the embedding by construction: five standard errors of 600 guesses at 1/6 are 0.08.
        Assert.InRange(dropped.Accuracy, 1 / 6.0 - 0.08, 1 / 6.0 + 0.08);

        Tensor Shapes(ScenePairs pairs) => nn.functional.one_hot(tensor(_all.Select(i => (long)shape.Label(pairs, i)).ToArray()), shape.Classes).to(ScalarType.Float32);
    }
}
