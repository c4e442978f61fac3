using ClipTransfer.Runtime;
using ClipTransfer.Theory;
using static TorchSharp.torch;

namespace ClipTransfer.Evaluation;

/// <summary>A linear classifier on frozen features, as CLIP's paper fits it: logistic regression by L-BFGS, λ chosen on a validation split.</summary>
public static class LinearProbe
{
    /// <summary>The coarse values of λ that the search starts from: CLIP's [S, Appendix A.3 of arXiv 2103.00020].</summary>
    public static IReadOnlyList<double> CoarseWeights { get; } = [1e-6, 1e-4, 1e-2, 1, 1e2, 1e4, 1e6];

    private const int MostIterations = 200;

    // Which λ is best shows long before a fit is exact, and each fit starts where its neighbour ended.
    private const int SearchIterations = 50;

    // Relative to the gradient at W = 0; far below what changes an accuracy.
    private const double Tolerance = 1e-4;

    /// <summary>Minimises Σ_i −log softmax(W x_i + b)_{y_i} + (λ/2)·‖W‖² (divided by N, which moves nothing); the bias b is not decayed.</summary>
    /// <param name="features"><c>[N, F]</c>, not scaled: CLIP's probe takes them as they are.</param>
    /// <param name="labels">Classes 0 … K−1, N of them.</param>
    /// <param name="classes">K.</param>
    /// <param name="weight">λ, scikit-learn's 1/C.</param>
    /// <param name="start">Where to start, <c>[K, F + 1] float64</c>; null is zero.</param>
    /// <param name="mostIterations">Most steps of L-BFGS.</param>
    /// <returns>W with b as its last column, <c>[K, F + 1] float64</c>.</returns>
    public static Tensor Fit(Tensor features, IReadOnlyList<int> labels, int classes, double weight, Tensor? start = null, int mostIterations = MostIterations)
    {
        if (features.shape[0] != labels.Count) throw new ArgumentException($"{features.shape[0]} features have {labels.Count} labels");
        if (labels.Any(label => label < 0 || label >= classes)) throw new ArgumentException($"a label lies outside 0 … {classes - 1}");
        using var scope = NewDisposeScope();
        using var free = no_grad();
        var x = WithOne(Embeddings.Finite(features, "linear probe"));
        var y = nn.functional.one_hot(tensor(labels.Select(label => (long)label).ToArray()), classes).to(ScalarType.Float64);
        var decay = cat([full(classes, x.shape[1] - 1, weight / labels.Count, ScalarType.Float64), zeros(classes, 1, ScalarType.Float64)], 1);
        var zero = zeros(classes, x.shape[1], ScalarType.Float64);
        var tolerance = Tolerance * (y.mean([0], keepdim: true).sub(y).t().matmul(x) / labels.Count).norm().item<double>();
        var solution = ConvexSolver.Minimise(Objective, start ?? zero, mostIterations, Math.Max(tolerance, 1e-12));
        return solution.Map.MoveToOuterDisposeScope();

        (double Value, Tensor Gradient) Objective(Tensor map)
        {
            using var step = NewDisposeScope();
            var logits = x.matmul(map.t());
            var logSums = logits.logsumexp(1, keepdim: true);
            var decayed = decay * map;
            var value = (logSums.sum() - (logits * y).sum()) / labels.Count + 0.5 * (decayed * map).sum();
            var gradient = ((logits - logSums).exp() - y).t().matmul(x) / labels.Count + decayed;
            return (value.item<double>(), gradient.MoveToOuterDisposeScope());
        }
    }

    /// <summary>The rank of each image's own class among the classes, 0 is best; what ties stands before it.</summary>
    /// <param name="map">From <see cref="Fit"/>.</param>
    /// <param name="features"><c>[N, F]</c>.</param>
    /// <param name="labels">The true classes.</param>
    public static IReadOnlyList<int> Ranks(Tensor map, Tensor features, IReadOnlyList<int> labels)
    {
        using var scope = NewDisposeScope();
        var scores = WithOne(Embeddings.Finite(features, "linear probe")).matmul(map.t());
        var own = scores.gather(1, tensor(labels.Select(label => (long)label).ToArray()).unsqueeze(1));
        return [.. scores.ge(own).sum([1]).sub(1).data<long>().Select(rank => (int)rank)];
    }

    /// <summary>
    /// λ by CLIP's search: the seven of <see cref="CoarseWeights"/>, then the two neighbours of the best at half the distance (on a logarithmic scale), and
    /// again, down to eight steps a decade. Of equals the greater λ wins.
    /// </summary>
    /// <param name="features">Features of the training part, <c>[N, F]</c>.</param>
    /// <param name="labels">Their classes.</param>
    /// <param name="heldOut">Features of the validation part, <c>[M, F]</c>.</param>
    /// <param name="heldOutLabels">Their classes.</param>
    /// <param name="classes">K.</param>
    public static double ChooseWeight(Tensor features, IReadOnlyList<int> labels, Tensor heldOut, IReadOnlyList<int> heldOutLabels, int classes)
    {
        using var scope = NewDisposeScope();
        var right = new SortedDictionary<double, int>();
        Tensor? last = null;
        // From the strongest to the weakest decay: each fit starts where its neighbour ended.
        foreach (var coarse in CoarseWeights.Reverse()) Try(Math.Log10(coarse));
        for (var distance = 1.0; distance >= 0.125; distance /= 2)
        {
            var best = Best();
            Try(best + distance);
            Try(best - distance);
        }

        return Math.Pow(10, Best());

        double Best() => right.Reverse().MaxBy(tried => tried.Value).Key;

        void Try(double exponent)
        {
            if (right.ContainsKey(exponent) || exponent < -6 || exponent > 6) return;
            last = Fit(features, labels, classes, Math.Pow(10, exponent), last, SearchIterations);
            right[exponent] = Ranks(last, heldOut, heldOutLabels).Count(rank => rank == 0);
        }
    }

    /// <summary>CLIP's protocol: a stratified fifth of the training set chooses λ, the whole training set fits, the test set counts.</summary>
    /// <param name="train">Training features, <c>[N, F]</c>.</param>
    /// <param name="trainLabels">Their classes.</param>
    /// <param name="test">Test features, <c>[M, F]</c>.</param>
    /// <param name="testLabels">Their classes.</param>
    /// <param name="classes">K.</param>
    /// <param name="seed">Decides the fifth.</param>
    /// <exception cref="InputException">Too few images to choose λ on, or features that are not finite.</exception>
    public static ProbeResult Evaluate(Tensor train, IReadOnlyList<int> trainLabels, Tensor test, IReadOnlyList<int> testLabels, int classes, long seed)
    {
        using var scope = NewDisposeScope();
        var fold = StratifiedFolds.Of(trainLabels, 5, seed);
        int[] fitted = [.. Rows(fold, f => f != 0)], held = [.. Rows(fold, f => f == 0)];
        if (fitted.Length == 0 || held.Length == 0) throw new InputException("linear probe", $"{trainLabels.Count} training images cannot be split", "Give at least five");
        var weight = ChooseWeight(Take(train, fitted), [.. fitted.Select(i => trainLabels[i])], Take(train, held), [.. held.Select(i => trainLabels[i])], classes);
        var map = Fit(train, trainLabels, classes, weight);
        return ProbeResult.Of(Ranks(map, test, testLabels), classes, weight);
    }

    /// <summary>Stratified k-fold on one set, for sets that have no training split: each image is tested once, by a probe that never saw it; λ is chosen within the others.</summary>
    /// <param name="features"><c>[N, F]</c>.</param>
    /// <param name="labels">Their classes.</param>
    /// <param name="classes">K.</param>
    /// <param name="folds">k.</param>
    /// <param name="seed">Decides the folds.</param>
    public static ProbeResult EvaluateByFolds(Tensor features, IReadOnlyList<int> labels, int classes, int folds, long seed) =>
        EvaluateByFolds(Evaluate, features, labels, classes, folds, seed);

    /// <summary>The same with another classifier.</summary>
    internal static ProbeResult EvaluateByFolds(
        Func<Tensor, IReadOnlyList<int>, Tensor, IReadOnlyList<int>, int, long, ProbeResult> evaluate, Tensor features, IReadOnlyList<int> labels, int classes, int folds, long seed)
    {
        using var scope = NewDisposeScope();
        var fold = StratifiedFolds.Of(labels, folds, seed);
        var ranks = new int[labels.Count];
        var weights = new List<double>();
        for (var k = 0; k < folds; k++)
        {
            int[] fitted = [.. Rows(fold, f => f != k)], tested = [.. Rows(fold, f => f == k)];
            if (tested.Length == 0) continue;
            var found = evaluate(
                Take(features, fitted), [.. fitted.Select(i => labels[i])], Take(features, tested), [.. tested.Select(i => labels[i])], classes, Seeds.Derive(seed, "fold", k));
            for (var i = 0; i < tested.Length; i++) ranks[tested[i]] = found.Ranks[i];
            weights.Add(found.Weight);
        }

        // The folds' λ differ; their geometric mean tells the order of magnitude. It is NaN where there is none.
        return ProbeResult.Of(ranks, classes, Math.Exp(weights.Average(Math.Log)));
    }

    internal static Tensor Take(Tensor rows, IReadOnlyCollection<int> numbers) => rows[tensor(numbers.Select(i => (long)i).ToArray())];

    private static IEnumerable<int> Rows(IReadOnlyList<int> fold, Func<int, bool> wanted) => Enumerable.Range(0, fold.Count).Where(i => wanted(fold[i]));

    private static Tensor WithOne(Tensor features)
    {
        var wide = features.to(ScalarType.Float64);
        return cat([wide, ones(wide.shape[0], 1, ScalarType.Float64)], 1);
    }
}
