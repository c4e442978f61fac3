using ClipTransfer.Theory;
using CsCheck;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Theory;

public class SquareLossTests
{
    [Fact]
    public void The_worked_instance_errs_in_exactly_one_of_three_K_and_CLIP_never()
    {
        for (var classes = 3; classes <= 64; classes++)
        {
            var instance = new WorkedInstance(classes, new Rational(3, 10));
            Assert.Equal(new Rational(1, 3 * classes), instance.SquareLossError());
            Assert.Equal(new Rational(1, 3 * classes), instance.SquareLossError(tieIsError: false));
            Assert.Equal(new Rational(1, 3 * classes), instance.SquareLossErrorByDistance());
            Assert.Equal<Rational>(0, instance.ClipError());
        }
    }

    [Fact]
    public void At_a_margin_of_one_third_the_worked_instance_ties_and_above_it_the_regression_is_right()
    {
        var tie = new WorkedInstance(5, new Rational(1, 3));
        Assert.Equal(new Rational(1, 15), tie.SquareLossError(tieIsError: true));
        Assert.Equal<Rational>(0, tie.SquareLossError(tieIsError: false));
        Assert.Equal<Rational>(0, new WorkedInstance(5, new Rational(34, 100)).SquareLossError());
    }

    [Fact]
    public void The_enumeration_in_floats_agrees_with_the_fractions_and_with_sampled_prompts()
    {
        using var scope = NewDisposeScope();
        using var model = new WorkedInstance(4, new Rational(3, 10)).ToModel();
        var bayes = SquareLoss.Bayes(model);
        Assert.Equal(1.0 / 12, SquareLoss.ExactError(model, bayes, ZeroShotRule.InnerProduct), 1e-12);
        Assert.Equal(1.0 / 12, SquareLoss.ExactError(model, bayes, ZeroShotRule.Distance), 1e-12);
        const int Draws = 4_000;
        var wrong = Enumerable.Range(0, Draws).Sum(seed =>
        {
            using var inner = NewDisposeScope();
            var scores = SquareLoss.PromptScores(bayes, model.SamplePrompts(seed), ZeroShotRule.InnerProduct);
            return Bounds.TopMisses(scores, arange(4, dtype: int64), 1).Count(miss => miss);
        });
        // A class is right or wrong as its prompt falls: 4 classes, 1/12 of them wrong, variance of one draw's count (1/3)(2/3).
        Assert.InRange(wrong / (4.0 * Draws), 1.0 / 12 - 4 * Math.Sqrt(2.0 / 9 / Draws) / 4, 1.0 / 12 + 4 * Math.Sqrt(2.0 / 9 / Draws) / 4);
    }

    [Fact]
    public void The_exact_error_agrees_with_the_enumeration_of_every_prompt_set() => Gen.Int[0, 10_000].Sample(seed =>
    {
        using var scope = NewDisposeScope();
        const int Classes = 3, Atoms = 3;
        var random = new Random(seed);
        var chances = new double[Classes, Atoms];
        var atoms = new double[Atoms, 2];
        for (var k = 0; k < Classes; k++)
        {
            double a = random.NextDouble(), b = random.NextDouble() * (1 - a);
            (chances[k, 0], chances[k, 1], chances[k, 2]) = (a, b, 1 - a - b);
        }
        for (var a = 0; a < Atoms; a++) (atoms[a, 0], atoms[a, 1]) = (random.NextDouble() * 2 - 1, random.NextDouble() * 2 - 1);
        using var model = new SharedFeatureModel(new SharedFeatureSettings
        {
            Classes = Classes,
            TextOnly = new DiscreteFeature(atoms, chances),
            TextDictionary = new DictionarySettings(Rows: 6, Conditioning: 4),
            ClassProbabilities = [0.2, 0.5, 0.3],
            Seed = seed,
        });
        var g = SquareLoss.Bayes(model).data<double>().ToArray();
        var h = model.TextDictionary;
        double[] Prompt(int k, int a) => h.matmul(cat([model.Vectors[k], tensor(new[] { atoms[a, 0], atoms[a, 1] })])).data<double>().ToArray();
        var texts = Enumerable.Range(0, Classes).Select(k => Enumerable.Range(0, Atoms).Select(a => Prompt(k, a)).ToArray()).ToArray();
        foreach (var rule in Enum.GetValues<ZeroShotRule>())
        {
            double Value(int z, double[] y) => rule == ZeroShotRule.InnerProduct
                ? y.Select((v, d) => v * g[z * 6 + d]).Sum()
                : -y.Select((v, d) => (v - g[z * 6 + d]) * (v - g[z * 6 + d])).Sum();
            double error = 0;
            for (var code = 0; code < 27; code++)
            {
                int[] drawn = [code % 3, code / 3 % 3, code / 9];
                var weight = Enumerable.Range(0, 3).Aggregate(1.0, (w, k) => w * chances[k, drawn[k]]);
                for (var z = 0; z < 3; z++)
                {
                    var own = Value(z, texts[z][drawn[z]]);
                    if (Enumerable.Range(0, 3).Any(k => k != z && Value(z, texts[k][drawn[k]]) >= own)) error += weight * model.Probabilities[z];
                }
            }
            Assert.Equal(error, SquareLoss.ExactError(model, SquareLoss.Bayes(model), rule), 1e-12);
        }
    }, iter: 15);

    [Fact]
    public void The_best_linear_map_is_where_the_learned_one_goes()
    {
        using var scope = NewDisposeScope();
        using var model = new SharedFeatureModel(new SharedFeatureSettings
        {
            Classes = 4,
            ImageOnly = new SphericalFeature(2, 1, 0.3, 1),
            TextOnly = new DiscreteFeature(new double[,] { { 1, 0 }, { 0, 1 } }, new[,] { { 0.3, 0.7 }, { 1, 0 }, { 0.5, 0.5 }, { 0.9, 0.1 } }),
            ImageDictionary = new DictionarySettings(Rows: 8, Conditioning: 2),
        });
        var exact = SquareLoss.BestLinear(model);
        double Distance(int count) => Enumerable.Range(0, 8).Average(seed => (SquareLoss.FitLinear(model.Sample(count, seed)) - exact).norm().item<double>());
        var far = Distance(500);
        var near = Distance(50_000);
        // A hundred times the samples: a tenth of the distance, within a factor of two.
        Assert.InRange(far / near, 5, 20);
        Assert.InRange(near, 0, 0.05);
    }

    [Fact]
    public void With_a_text_only_feature_of_mean_zero_the_best_linear_map_is_the_Bayes_regression_and_both_drop_it()
    {
        using var scope = NewDisposeScope();
        using var model = new SharedFeatureModel(new SharedFeatureSettings { Classes = 5, TextDictionary = new DictionarySettings(Conditioning: 3) });
        var pairs = model.Sample(200, 2);
        var linear = pairs.Image.matmul(SquareLoss.BestLinear(model).t());
        var bayes = SquareLoss.Bayes(model)[pairs.Classes];
        Assert.Equal(0, (linear - bayes).abs().max().item<double>(), 1e-10);
        var withoutUnique = cat([model.Vectors[pairs.Classes], zeros(200, 4, dtype: float64)], 1).matmul(model.TextDictionary.t());
        Assert.Equal(0, (bayes - withoutUnique).abs().max().item<double>(), 1e-12);
    }

    [Fact]
    public void Class_means_learned_from_samples_come_near_the_Bayes_regression()
    {
        using var scope = NewDisposeScope();
        using var model = new SharedFeatureModel(new SharedFeatureSettings { Classes = 4, TextOnly = new SphericalFeature(3, 1, 0.5, 1) });
        double Distance(int count) => (SquareLoss.FitClassMeans(model.Sample(count, 3), 4) - SquareLoss.Bayes(model)).norm().item<double>();
        Assert.InRange(Distance(100_000), 0, 0.03);
        Assert.InRange(Distance(1_000) / Distance(100_000), 4, 25);
        // A class that was never drawn keeps the mean of all texts.
        var few = model.Sample(1, 1);
        Assert.Equal(few.Text[0].data<double>().ToArray(), SquareLoss.FitClassMeans(few, 4)[(few.ClassNumbers[0] + 1) % 4].data<double>().ToArray());
    }
}
