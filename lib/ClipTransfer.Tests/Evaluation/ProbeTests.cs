using ClipTransfer.Evaluation;
using ClipTransfer.Runtime;
using ClipTransfer.Tests.Losses;
using CsCheck;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Evaluation;

public class ProbeTests
{
    private static Tensor Rows(double[][] rows) => LossBatch.Matrix(rows);

    private static double[][] Unit(int count, int width, int seed) => LossBatch.Fixed(count, width, seed).Image;

    private static int[] Labels(int count, int classes, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => i < classes ? i : random.Next(classes))];
    }

    /// <summary>Σ −log softmax + λ/2 ‖W‖², over N, and its gradient, by plain loops.</summary>
    private static (double Value, double[,] Gradient) Objective(double[,] map, double[][] x, int[] y, double weight)
    {
        var (classes, width) = (map.GetLength(0), map.GetLength(1) - 1);
        var gradient = new double[classes, width + 1];
        double value = 0;
        for (var i = 0; i < x.Length; i++)
        {
            var logits = Enumerable.Range(0, classes).Select(k => map[k, width] + Enumerable.Range(0, width).Sum(j => map[k, j] * x[i][j])).ToArray();
            var sum = logits.Sum(Math.Exp);
            value += Math.Log(sum) - logits[y[i]];
            for (var k = 0; k < classes; k++)
                for (var j = 0; j <= width; j++) gradient[k, j] += (Math.Exp(logits[k]) / sum - (k == y[i] ? 1 : 0)) * (j < width ? x[i][j] : 1);
        }

        for (var k = 0; k < classes; k++)
        {
            for (var j = 0; j < width; j++)
            {
                value += weight / 2 * map[k, j] * map[k, j];
                gradient[k, j] += weight * map[k, j];
            }
        }

        return (value, gradient);
    }

    [Fact]
    public void The_fitted_map_is_where_the_gradient_by_plain_loops_vanishes() =>
        Gen.Select(Gen.Int[2, 4], Gen.Int[8, 30], Gen.Double[-2, 2], Gen.Int[0, 1_000]).Sample((classes, count, exponent, seed) =>
        {
            using var scope = NewDisposeScope();
            var (x, y, weight) = (Unit(count, 3, seed), Labels(count, classes, seed), Math.Pow(10, exponent));
            var fitted = LinearProbe.Fit(Rows(x), y, classes, weight);
            var map = new double[classes, 4];
            for (var k = 0; k < classes; k++) for (var j = 0; j < 4; j++) map[k, j] = fitted[k, j].item<double>();
            var atZero = Norm(Objective(new double[classes, 4], x, y, weight).Gradient);
            Assert.InRange(Norm(Objective(map, x, y, weight).Gradient), 0, 1.01e-4 * atZero);
        }, iter: 25);

    private static double Norm(double[,] values) => Math.Sqrt(values.Cast<double>().Sum(v => v * v));

    [Fact]
    public void With_two_balanced_points_the_slope_solves_its_one_equation()
    {
        // x = ±1 with labels 1 and 0: by symmetry W = (−w, w) and b = 0, so the objective is 2·log(1 + e^(−2w)) + λw².
        using var scope = NewDisposeScope();
        const double Weight = 0.3;
        var map = LinearProbe.Fit(tensor(new double[,] { { 1 }, { -1 } }), [1, 0], 2, Weight);
        double low = 0, high = 20;
        for (var i = 0; i < 100; i++)
        {
            var w = (low + high) / 2;
            if (-4 / (1 + Math.Exp(2 * w)) + 2 * Weight * w < 0) low = w;
            else high = w;
        }

        Assert.Equal(low, map[1, 0].item<double>(), 1e-3);
        Assert.Equal(-low, map[0, 0].item<double>(), 1e-3);
        Assert.Equal(map[0, 1].item<double>(), map[1, 1].item<double>(), 1e-3);
    }

    [Fact]
    public void A_probe_finds_separable_classes_and_cannot_find_what_is_not_there()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var labels = Labels(200, 4, 1);
        var centres = 3 * eye(4, 8);
        var features = centres[tensor(labels.Select(l => (long)l).ToArray())] + 0.1 * randn(200, 8, generator: generator);
        var noise = randn(400, 8, generator: generator);
        int[] anything = Labels(400, 4, 2);
        var found = LinearProbe.EvaluateByFolds(features, labels, 4, 5, seed: 3);
        Assert.Equal((200, 200), (found.Count, found.Correct));
        Assert.InRange(LinearProbe.EvaluateByFolds(noise, anything, 4, 5, seed: 3).Accuracy, 0.1, 0.4);
        var half = new GradientProbe(Epochs: 64).Evaluate(features.narrow(0, 0, 100), labels[..100], features.narrow(0, 100, 100), labels[100..], 4, seed: 4);
        Assert.InRange(half.Accuracy, 0.97, 1);
        var again = new GradientProbe(Epochs: 64).Evaluate(features.narrow(0, 0, 100), labels[..100], features.narrow(0, 100, 100), labels[100..], 4, seed: 4);
        Assert.Equal(half.Ranks, again.Ranks);
    }

    [Fact]
    public void CyCLIPs_probe_takes_the_steps_of_AdamW_by_plain_loops()
    {
        using var scope = NewDisposeScope();
        const int Count = 14, Width = 3, Classes = 3; // batches of 4, 4, 4 and 2
        var probe = new GradientProbe(LearningRate: 0.03, WeightDecay: 0.2, Epochs: 3, BatchSize: 4);
        var (x, y) = (Unit(Count, Width, 8), Labels(Count, Classes, 9));
        var found = probe.Fit(Rows(x), y, Classes, seed: 6);

        // First weights and orders are torch's draws; all else is by hand.
        Seeds.Fix(Seeds.Derive(6, "probe"));
        using var layer = nn.Linear(Width, Classes);
        var (map, first, second) = (new double[Classes, Width + 1], new double[Classes, Width + 1], new double[Classes, Width + 1]);
        for (var k = 0; k < Classes; k++) for (var j = 0; j <= Width; j++) map[k, j] = j < Width ? layer.weight![k, j].item<float>() : layer.bias![k].item<float>();
        var (start, step, steps) = ((double[,])map.Clone(), 0, 3 * 4);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            foreach (var batch in randperm(Count, ScalarType.Int64).data<long>().ToArray().Chunk(4))
            {
                var rate = 0.03 * (1 + Math.Cos(Math.PI * step / steps)) / 2;
                step++;
                var gradient = Objective(map, [.. batch.Select(i => x[i])], [.. batch.Select(i => y[i])], 0).Gradient;
                for (var k = 0; k < Classes; k++)
                {
                    for (var j = 0; j <= Width; j++)
                    {
                        var g = gradient[k, j] / batch.Length;
                        first[k, j] = 0.9 * first[k, j] + 0.1 * g;
                        second[k, j] = 0.999 * second[k, j] + 0.001 * g * g;
                        map[k, j] *= j < Width ? 1 - rate * 0.2 : 1;
                        map[k, j] -= rate * (first[k, j] / (1 - Math.Pow(0.9, step))) / (Math.Sqrt(second[k, j] / (1 - Math.Pow(0.999, step))) + 1e-8);
                    }
                }
            }
        }

        Assert.Equal(12, step);
        for (var k = 0; k < Classes; k++) for (var j = 0; j <= Width; j++) Assert.Equal(map[k, j], found[k, j].item<double>(), 1e-5);
        Assert.True(Norm(Difference(map, start)) > 0.1); // they went somewhere

        static double[,] Difference(double[,] a, double[,] b)
        {
            var difference = (double[,])a.Clone();
            for (var k = 0; k < a.GetLength(0); k++) for (var j = 0; j < a.GetLength(1); j++) difference[k, j] -= b[k, j];
            return difference;
        }
    }

    [Fact]
    public void The_search_takes_the_decay_that_suits_the_validation_part()
    {
        // Two informative directions under much noise: hardly any decay overfits, so the chosen λ must not be the least.
        using var scope = NewDisposeScope();
        using var generator = new Generator(7);
        var labels = Labels(240, 2, 1);
        var signs = tensor(labels.Select(l => 2.0 * l - 1).ToArray()).unsqueeze(1);
        var features = cat([signs + randn(240, 1, dtype: ScalarType.Float64, generator: generator), randn(240, 60, dtype: ScalarType.Float64, generator: generator)], 1);
        var weight = LinearProbe.ChooseWeight(features.narrow(0, 0, 80), labels[..80], features.narrow(0, 80, 160), labels[80..], 2);
        int Right(double w) => LinearProbe.Ranks(LinearProbe.Fit(features.narrow(0, 0, 80), labels[..80], 2, w), features.narrow(0, 80, 160), labels[80..]).Count(r => r == 0);
        Assert.True(Right(weight) >= LinearProbe.CoarseWeights.Max(Right) - 1, $"λ = {weight}");
        Assert.InRange(weight, 1e-2, 1e6);
    }

    [Fact]
    public void Folds_hold_every_image_once_and_every_class_evenly() =>
        Gen.Select(Gen.Int[2, 6], Gen.Int[1, 60], Gen.Int[1, 5], Gen.Int[0, 1_000]).Sample((folds, count, classes, seed) =>
        {
            var random = new Random(seed);
            var labels = Enumerable.Range(0, count).Select(_ => random.Next(classes)).ToArray();
            var fold = StratifiedFolds.Of(labels, folds, seed);
            Assert.Equal(count, fold.Count);
            Assert.Equal(fold, StratifiedFolds.Of(labels, folds, seed));
            Assert.All(fold, f => Assert.InRange(f, 0, folds - 1));
            foreach (var label in labels.Distinct())
            {
                var counts = Enumerable.Range(0, folds).Select(f => Enumerable.Range(0, count).Count(i => labels[i] == label && fold[i] == f)).ToArray();
                Assert.InRange(counts.Max() - counts.Min(), 0, 1);
            }

            var sizes = Enumerable.Range(0, folds).Select(f => fold.Count(g => g == f)).ToArray();
            Assert.InRange(sizes.Max() - sizes.Min(), 0, 1);
        }, iter: 200);

    [Fact]
    public void Neighbours_vote_as_in_a_plain_loop() =>
        Gen.Select(Gen.Int[3, 25], Gen.Int[1, 3], Gen.Int[0, 10_000]).Sample((count, k, seed) =>
        {
            using var scope = NewDisposeScope();
            var (train, test) = (Unit(count, 4, seed), Unit(7, 4, seed + 1));
            var labels = Labels(count, 3, seed);
            var expected = test.Select(row =>
            {
                var near = Enumerable.Range(0, count).OrderByDescending(i => LossBatch.Dot(row, train[i])).Take(k).Select(i => labels[i]).ToArray();
                var most = near.Max(label => near.Count(other => other == label));
                return near.First(label => near.Count(other => other == label) == most);
            });
            Assert.Equal(expected, NearestNeighbours.Classify(Rows(train), labels, Rows(test), k));
            var purity = Enumerable.Range(0, count).Average(row => Enumerable.Range(0, count).Where(i => i != row)
                .OrderByDescending(i => LossBatch.Dot(train[row], train[i])).Take(2).Average(i => labels[i] == labels[row] ? 1.0 : 0));
            Assert.Equal(purity, NearestNeighbours.Purity(Rows(train), labels, 2), 1e-12);
        }, iter: 40);

    [Fact]
    public void The_effective_rank_is_one_on_a_line_and_the_number_of_even_directions_elsewhere()
    {
        using var scope = NewDisposeScope();
        var even = cat([eye(5), -eye(5)], 0);
        var line = cat([ones(4, 3, ScalarType.Float64), -2 * ones(4, 3, ScalarType.Float64)], 0);
        Assert.Equal(5, Geometry.Of(even, even).ImageRank, 1e-9);
        Assert.Equal(1, Geometry.Of(line, line).TextRank, 1e-6);
        Assert.Equal(0, Geometry.Of(ones(4, 3), ones(4, 3)).ImageRank);
        // Two directions with singular values in the ratio 3 : 1.
        var uneven = tensor(new double[,] { { 3, 0 }, { -3, 0 }, { 0, 1 }, { 0, -1 } });
        Assert.Equal(Math.Exp(-0.75 * Math.Log(0.75) - 0.25 * Math.Log(0.25)), Geometry.Of(uneven, uneven).ImageRank, 1e-9);
    }

    [Fact]
    public void Features_that_are_not_finite_are_an_error()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<InputException>(() => LinearProbe.Fit(ones(4, 2) * float.NaN, [0, 1, 0, 1], 2, 1));
        Assert.Throws<InputException>(() => NearestNeighbours.Purity(ones(4, 2) * float.NaN, [0, 1, 0, 1], 1));
    }
}
