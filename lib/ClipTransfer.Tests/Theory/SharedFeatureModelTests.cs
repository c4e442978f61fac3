using ClipTransfer.Runtime;
using ClipTransfer.Theory;
using CsCheck;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Theory;

public class SharedFeatureModelTests
{
    private static readonly SharedFeatureSettings _plain = new()
    {
        Classes = 6,
        Gamma = 0.4,
        ImageOnly = new SphericalFeature(3, norm: 2, meanNorm: 0.5, dependence: 0.7),
        TextOnly = new SphericalFeature(5, norm: 1.5),
        ImageDictionary = new DictionarySettings(Rows: 14, Conditioning: 8, Norm: 3),
        TextDictionary = new DictionarySettings(Conditioning: 2),
        Seed = 5,
    };

    [Fact]
    public void Shared_vectors_are_unit_and_their_largest_inner_product_is_one_minus_gamma() =>
        Gen.Select(Gen.Int[2, 24], Gen.Double[0.05, 0.9], Gen.Bool, Gen.Int[0, 1000]).Sample((classes, gamma, equal, seed) =>
        {
            using var scope = NewDisposeScope();
            var arrangement = equal ? FeatureArrangement.Equal : FeatureArrangement.Random;
            var v = SharedVectors.Create(classes, classes + 1, gamma, arrangement, seed);
            var gram = v.matmul(v.t());
            Assert.Equal(0, (gram.diagonal() - 1).abs().max().item<double>(), 1e-12);
            Assert.Equal(1 - gamma, SharedVectors.LargestOffDiagonal(v), 1e-12);
            if (equal) Assert.Equal(1 - gamma, (gram + 4 * eye(classes, dtype: float64)).min().item<double>(), 1e-12);
        }, iter: 150);

    [Fact]
    public void Two_hundred_fifty_six_classes_fit_into_thirty_two_dimensions()
    {
        using var scope = NewDisposeScope();
        var v = SharedVectors.Create(256, 32, 0.3, FeatureArrangement.Random, 1);
        Assert.Equal(0.7, SharedVectors.LargestOffDiagonal(v), 1e-12);
    }

    [Fact]
    public void Dictionaries_have_the_singular_values_and_the_pseudo_inverse_that_were_asked_for()
    {
        using var scope = NewDisposeScope();
        using var model = new SharedFeatureModel(_plain);
        var s = linalg.svdvals(model.ImageDictionary).data<double>().ToArray();
        Assert.Equal(9, s.Length);
        Assert.Equal(3, s[0], 1e-12);
        Assert.Equal(3.0 / 8, s[^1], 1e-12);
        Assert.Equal(0, (model.ImageInverse - linalg.pinv(model.ImageDictionary)).abs().max().item<double>(), 1e-10);
        Assert.Equal(0, (model.TextInverse - linalg.pinv(model.TextDictionary)).abs().max().item<double>(), 1e-10);
    }

    [Fact]
    public void A_sample_is_the_dictionaries_times_its_hidden_features()
    {
        using var scope = NewDisposeScope();
        using var model = new SharedFeatureModel(_plain);
        using var pairs = model.Sample(200, 1);
        for (var i = 0; i < 200; i += 37)
        {
            var k = pairs.Classes[i].item<long>();
            for (var row = 0; row < model.ImageDim; row++)
            {
                double x = 0;
                for (var c = 0; c < model.SharedDim; c++) x += model.ImageDictionary[row, c].item<double>() * model.Vectors[k, c].item<double>();
                for (var c = 0; c < 3; c++) x += model.ImageDictionary[row, model.SharedDim + c].item<double>() * pairs.ImageOnly[i, c].item<double>();
                Assert.Equal(x, pairs.Image[i, row].item<double>(), 1e-12);
            }
        }
    }

    [Fact]
    public void Unique_features_keep_their_norm_bound_and_their_conditional_means()
    {
        using var scope = NewDisposeScope();
        using var model = new SharedFeatureModel(_plain);
        using var pairs = model.Sample(60_000, 2);
        Assert.True(pairs.ImageOnly.norm(1).max().item<double>() <= 2 + 1e-12);
        Assert.True(pairs.TextOnly.norm(1).max().item<double>() <= 1.5 + 1e-12);
        Assert.Equal(0.5, model.ImageOnlyMeans.norm(1).min().item<double>(), 1e-12);
        for (var k = 0; k < 6; k++)
        {
            var xi = pairs.ImageOnly[pairs.Classes.eq(k)];
            // Each coordinate has standard deviation at most 1.5/√3 (a sphere of radius 1.5), so five standard errors:
            var bound = 5 * 1.5 / Math.Sqrt(3 * xi.shape[0]);
            Assert.InRange((xi.mean([0]) - model.ImageOnlyMeans[k]).abs().max().item<double>(), 0, bound);
        }
    }

    [Fact]
    public void Image_and_text_are_independent_given_the_shared_feature()
    {
        using var scope = NewDisposeScope();
        using var model = new SharedFeatureModel(_plain);
        using var pairs = model.Sample(60_000, 3);
        var mask = pairs.Classes.eq(2);
        Tensor xi = pairs.ImageOnly[mask], zeta = pairs.TextOnly[mask];
        var covariance = (xi - xi.mean([0])).t().matmul(zeta - zeta.mean([0])) / xi.shape[0];
        var bound = 5 * 1.5 / Math.Sqrt(3) * 1.5 / Math.Sqrt(5) / Math.Sqrt(xi.shape[0]);
        Assert.InRange(covariance.abs().max().item<double>(), 0, bound);
    }

    [Fact]
    public void Classes_follow_their_probabilities()
    {
        using var scope = NewDisposeScope();
        var p = SharedFeatureSettings.ZipfProbabilities(8, 1);
        using var model = new SharedFeatureModel(new SharedFeatureSettings { Classes = 8, ClassProbabilities = p });
        const int Count = 100_000;
        var counts = model.SampleClasses(Count, 4).CountBy(k => k).ToDictionary(g => g.Key, g => g.Value);
        var chiSquared = Enumerable.Range(0, 8).Sum(k => Math.Pow(counts[k] - Count * p[k], 2) / (Count * p[k]));
        // χ² with 7 degrees of freedom: 29.9 is its 0.9999 quantile.
        Assert.InRange(chiSquared, 0, 29.9);
    }

    [Fact]
    public void A_discrete_feature_follows_its_table()
    {
        using var scope = NewDisposeScope();
        var feature = new DiscreteFeature(new double[,] { { 1, 0 }, { 0, 1 } }, new[,] { { 1.0 / 3, 2.0 / 3 }, { 0, 1 }, { 0, 1 } });
        using var model = new SharedFeatureModel(new SharedFeatureSettings
        {
            Classes = 3,
            TextOnly = feature,
            TextDictionary = new DictionarySettings(IsIdentity: true),
        });
        using var pairs = model.Sample(30_000, 6);
        var first = pairs.TextOnly[pairs.Classes.eq(0)];
        Assert.InRange(first[TensorIndex.Colon, 0].mean().item<double>(), 1.0 / 3 - 0.024, 1.0 / 3 + 0.024);
        var others = pairs.TextOnly[pairs.Classes.ne(0)];
        Assert.Equal(1, others[TensorIndex.Colon, 1].min().item<double>());
        Assert.Equal(1.0 / 3, model.TextOnlyMeans[0, 0].item<double>(), 1e-15);
        // H is the identity: the text is z followed by ζ.
        Assert.Equal(0, (pairs.Text[TensorIndex.Colon, 3..] - pairs.TextOnly).abs().max().item<double>());
        Assert.Equal(1, feature.NormBound);
    }

    [Fact]
    public void Distinct_batches_hold_every_class_at_most_once_and_each_equally_often()
    {
        using var scope = NewDisposeScope();
        using var model = new SharedFeatureModel(_plain);
        using var batches = model.SampleBatches(5_000, 4, 7, distinct: true);
        var numbers = batches.ClassNumbers;
        Assert.All(Enumerable.Range(0, 5_000), b => Assert.Equal(4, numbers.Skip(4 * b).Take(4).Distinct().Count()));
        // Each class is in a batch with probability 4/6: five standard errors.
        for (var k = 0; k < 6; k++) Assert.InRange(numbers.Count(n => n == k) / 5_000.0, 4.0 / 6 - 0.0334, 4.0 / 6 + 0.0334);
    }

    [Fact]
    public void One_seed_gives_one_model_and_one_sample_bit_for_bit()
    {
        using var scope = NewDisposeScope();
        using var a = new SharedFeatureModel(_plain);
        using var b = new SharedFeatureModel(_plain);
        Assert.Equal(a.Sample(50, 9).Text.data<double>().ToArray(), b.Sample(50, 9).Text.data<double>().ToArray());
        Assert.NotEqual(a.Sample(50, 9).Text.data<double>().ToArray(), b.Sample(50, 10).Text.data<double>().ToArray());
        using var other = new SharedFeatureModel(_plain with { Seed = 6 });
        Assert.NotEqual(a.ImageDictionary.data<double>().ToArray(), other.ImageDictionary.data<double>().ToArray());
    }

    [Fact]
    public void Sampling_leaves_no_tensor_behind()
    {
        using var model = new SharedFeatureModel(_plain);
        var before = TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var k = 0; k < 3; k++)
        {
            using var scope = NewDisposeScope();
            model.Sample(10, k);
            model.SampleBatches(2, 3, k, distinct: true);
            model.SamplePrompts(k);
            model.OptimalMap();
        }
        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Theory]
    [MemberData(nameof(Impossible))]
    public void Impossible_settings_are_refused_with_a_remedy(SharedFeatureSettings settings)
    {
        var error = Assert.Throws<InputException>(() => new SharedFeatureModel(settings));
        Assert.NotEmpty(error.Remedy);
    }

    public static TheoryData<SharedFeatureSettings> Impossible() =>
    [
        new() { Classes = 1 },
        new() { Gamma = 0 },
        new() { Gamma = 1.2 },
        new() { Classes = 8, SharedDim = 7 },
        new() { ImageDictionary = new DictionarySettings(Rows: 5) },
        new() { TextDictionary = new DictionarySettings(Conditioning: 0.5) },
        new() { Classes = 2, ClassProbabilities = [0.5, 0.6] },
        new() { Classes = 64, SharedDim = 3, Gamma = 0.9, Arrangement = FeatureArrangement.Random },
    ];
}
