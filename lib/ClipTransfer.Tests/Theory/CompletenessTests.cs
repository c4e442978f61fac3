using ClipTransfer.Theory;
using CsCheck;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Theory;

public class CompletenessTests
{
    private static PairScore Linear(Tensor map) => (x, y) => (x.matmul(map.t()) * y).sum(1);

    [Fact]
    public void The_papers_map_is_zero_zero_gamma_complete_to_ten_digits() =>
        Gen.Select(Gen.Int[2, 10], Gen.Double[0.1, 0.9], Gen.Bool, Gen.Double[1, 20], Gen.Double[0, 3], Gen.Int[0, 10_000])
            .Sample((classes, gamma, equal, conditioning, norm, seed) =>
            {
                using var scope = NewDisposeScope();
                using var model = new SharedFeatureModel(new SharedFeatureSettings
                {
                    Classes = classes,
                    Gamma = gamma,
                    Arrangement = equal ? FeatureArrangement.Equal : FeatureArrangement.Random,
                    SharedDim = classes + 1,
                    ImageOnly = new SphericalFeature(3, norm, norm / 3, 0.5),
                    TextOnly = new SphericalFeature(2, norm, norm / 2, 1),
                    ImageDictionary = new DictionarySettings(Rows: classes + 6, Conditioning: conditioning),
                    TextDictionary = new DictionarySettings(Conditioning: conditioning),
                    Seed = seed,
                });
                var found = Completeness.Measure(model, Linear(model.OptimalMap()), gamma, seed, new CompletenessOptions(4_000, 200, 8));
                Assert.Equal(0, found.Alpha.Value);
                Assert.InRange(found.Beta.Value, 0, 1e-20);
                Assert.Equal(gamma, found.GammaAt(0).Value, 1e-10);
                Assert.Equal(1, found.MaxAbsoluteScore, 1e-10);
            }, iter: 25);

    [Fact]
    public void The_papers_map_scores_the_inner_product_of_the_shared_features()
    {
        using var scope = NewDisposeScope();
        using var model = new SharedFeatureModel(new SharedFeatureSettings { Classes = 7, ImageDictionary = new DictionarySettings(20, 10) });
        using var images = model.Sample(50, 1);
        using var texts = model.Sample(50, 2);
        var f = images.Image.matmul(model.OptimalMap().t()).matmul(texts.Text.t());
        var expected = model.Vectors[images.Classes].matmul(model.Vectors[texts.Classes].t());
        Assert.Equal(0, (f - expected).abs().max().item<double>(), 1e-12);
    }

    [Fact]
    public void Beta_of_a_score_that_reads_an_image_only_feature_is_its_closed_form()
    {
        using var scope = NewDisposeScope();
        const double Weight = 0.8;
        using var model = new SharedFeatureModel(new SharedFeatureSettings { Classes = 5, ImageOnly = new SphericalFeature(3, norm: 2) });
        // f = ⟨z_y, z_x⟩ + w·⟨first 3 of z_y, ξ⟩, ξ uniform on a sphere of radius 2: Var_{x|z} f = w²·(2²/3)·‖first 3 of z_y‖².
        var exact = model.Vectors[TensorIndex.Colon, ..3].square().sum(1).mean().item<double>() * Weight * Weight * 4 / 3;
        var found = Completeness.Measure(model, Linear(model.MapOf(1, 0, Weight, 0)), 0.3, 3, new CompletenessOptions(1_000, 4_000, 16));
        Assert.InRange(found.BetaImage.Value, exact - 4 * found.BetaImage.StandardError, exact + 4 * found.BetaImage.StandardError);
        Assert.InRange(found.BetaImage.StandardError, 0, 0.02 * exact);
        Assert.InRange(found.BetaText.Value, 0, 1e-20);
    }

    [Fact]
    public void Alpha_of_a_score_that_reads_a_text_only_feature_agrees_with_enumeration()
    {
        using var scope = NewDisposeScope();
        const double Weight = 0.9, Gamma = 0.25;
        double[] p = [0.5, 0.3, 0.2];
        double[,] chances = { { 0.2, 0.8 }, { 0.6, 0.4 }, { 0.5, 0.5 } };
        double[] atoms = [-1, 1];
        using var model = new SharedFeatureModel(new SharedFeatureSettings
        {
            Classes = 3,
            ClassProbabilities = p,
            TextOnly = new DiscreteFeature(new double[,] { { -1 }, { 1 } }, chances),
            Gamma = Gamma,
            Seed = 1,
        });
        var v = model.Vectors;
        double F(int zx, int zy, double zeta) => v[zx].dot(v[zy]).item<double>() + Weight * zeta * v[zx, 0].item<double>();

        double exact = 0, total = 0;
        foreach (var (z, other) in from a in Enumerable.Range(0, 3) from b in Enumerable.Range(0, 3) where a != b select (a, b))
        {
            for (var a = 0; a < 2; a++)
                for (var b = 0; b < 2; b++)
                {
                    var weight = p[z] * p[other] * chances[z, a] * chances[other, b];
                    var own = F(z, z, atoms[a]);
                    total += weight;
                    if (Math.Min(own - F(other, z, atoms[a]), own - F(z, other, atoms[b])) < Gamma - 1e-9) exact += weight;
                }
        }
        exact /= total;
        Assert.InRange(exact, 0.05, 0.95);

        var found = Completeness.Measure(model, Linear(model.MapOf(1, Weight, 0, 0)), Gamma, 5, new CompletenessOptions(40_000, 100, 8));
        Assert.InRange(found.Alpha.Value, exact - 4 * found.Alpha.StandardError, exact + 4 * found.Alpha.StandardError);
        Assert.Equal(found.Alpha.Value, found.AlphaAt(Gamma).Value);
    }

    [Fact]
    public void The_margin_that_holds_with_probability_one_minus_alpha_falls_back_to_alpha()
    {
        using var scope = NewDisposeScope();
        using var model = new SharedFeatureModel(new SharedFeatureSettings());
        var found = Completeness.Measure(model, Linear(model.MapOf(1, 0.3, 0.4, 0.2)), 0.3, 8);
        foreach (var alpha in new[] { 0.01, 0.1, 0.5 })
            Assert.Equal(alpha, found.AlphaAt(found.GammaAt(alpha).Value).Value, 1e-3);
    }
}
