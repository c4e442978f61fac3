using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>How a unique feature (ξ of the image or ζ of the text) depends on the shared feature z: a law for each class.</summary>
public abstract record UniqueFeature
{
    /// <summary>Width of the feature: K2 for ξ, K3 for ζ. 0 means that there is none.</summary>
    public abstract int Dim { get; }

    /// <summary>R: no draw is longer than this.</summary>
    public abstract double NormBound { get; }

    /// <summary>E[ζ | v_k] of every class: [K, Dim] float64.</summary>
    /// <param name="classes">K.</param>
    /// <param name="seed">What the means are drawn from, where they are random.</param>
    public abstract Tensor Means(int classes, long seed);

    /// <summary>One draw for every given class: [n, Dim] float64.</summary>
    /// <param name="classes">[n] int64.</param>
    /// <param name="means">What <see cref="Means"/> gave.</param>
    /// <param name="generator">The stream that is drawn from.</param>
    public abstract Tensor Draw(Tensor classes, Tensor means, Generator generator);

    /// <summary>Σ_k p_k Cov(ζ | v_k): [Dim, Dim] float64, exact.</summary>
    /// <param name="means">What <see cref="Means"/> gave.</param>
    /// <param name="probabilities">p_k: [K].</param>
    public abstract Tensor MeanCovariance(Tensor means, Tensor probabilities);
}

/// <summary>A mean for each class plus a part of fixed length in a uniform direction: ζ = E[ζ|z] + s·u, ‖u‖ = 1, s = Norm − MeanNorm.</summary>
/// <remarks>
/// The paper asks only for independence given z and a bound R on the norm [R]; this family is our choice. Every draw obeys ‖ζ‖ ≤ Norm, and
/// E[ζ|v_k] = MeanNorm · normalise(√(1−d)·c + √d·u_k) with one direction c for all classes and one u_k for each, d = <see cref="Dependence"/>.
/// </remarks>
public sealed record SphericalFeature : UniqueFeature
{
    /// <summary>A feature of <paramref name="dim"/> numbers whose norm never exceeds <paramref name="norm"/>.</summary>
    /// <param name="dim">K2 or K3.</param>
    /// <param name="norm">R.</param>
    /// <param name="meanNorm">‖E[ζ|z]‖, between 0 and <paramref name="norm"/>.</param>
    /// <param name="dependence">0: the mean is the same for every class. 1: each class has its own direction.</param>
    /// <exception cref="InputException">A size, norm or dependence that cannot be.</exception>
    public SphericalFeature(int dim, double norm = 1, double meanNorm = 0, double dependence = 0)
    {
        if (dim < 0) throw new InputException("SphericalFeature", $"the width {dim} is negative", "Use 0 for no unique feature, or a positive width");
        if (!(norm >= 0) || !(meanNorm >= 0) || meanNorm > norm)
            throw new InputException("SphericalFeature", $"norm {norm} and mean norm {meanNorm} cannot be", "Keep 0 ≤ meanNorm ≤ norm");
        if (!(dependence is >= 0 and <= 1))
            throw new InputException("SphericalFeature", $"the dependence {dependence} is outside [0, 1]", "Use 0 (same mean for all) to 1 (own mean for each class)");
        (Dim, NormBound, MeanNorm, Dependence) = (dim, norm, meanNorm, dependence);
    }

    /// <inheritdoc/>
    public override int Dim { get; }

    /// <inheritdoc/>
    public override double NormBound { get; }

    /// <summary>‖E[ζ|z]‖, the same for every class.</summary>
    public double MeanNorm { get; }

    /// <summary>How far the direction of the mean depends on z, from 0 to 1.</summary>
    public double Dependence { get; }

    /// <inheritdoc/>
    public override Tensor Means(int classes, long seed)
    {
        if (Dim == 0 || MeanNorm == 0) return zeros(classes, Dim, dtype: float64);
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var common = Directions(1, generator);
        var own = Directions(classes, generator);
        var mixed = Math.Sqrt(1 - Dependence) * common + Math.Sqrt(Dependence) * own;
        return (MeanNorm * nn.functional.normalize(mixed, dim: 1)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Draw(Tensor classes, Tensor means, Generator generator)
    {
        var n = classes.shape[0];
        if (Dim == 0) return zeros(n, 0, dtype: float64);
        using var scope = NewDisposeScope();
        return (means[classes] + (NormBound - MeanNorm) * Directions(n, generator)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <remarks>A uniform direction in Dim dimensions has covariance I/Dim.</remarks>
    public override Tensor MeanCovariance(Tensor means, Tensor probabilities)
    {
        using var scope = NewDisposeScope();
        var s = NormBound - MeanNorm;
        return (s * s / Math.Max(1, Dim) * eye(Dim, dtype: float64)).MoveToOuterDisposeScope();
    }

    private Tensor Directions(long n, Generator generator) =>
        nn.functional.normalize(randn(n, Dim, dtype: float64, generator: generator), dim: 1);
}

/// <summary>A feature with finitely many values, each class with its own probabilities: what the paper's worked instance needs.</summary>
public sealed record DiscreteFeature : UniqueFeature
{
    private readonly double[,] _atoms;
    private readonly double[,] _probabilities;

    /// <summary>Values and, for each class, their probabilities.</summary>
    /// <param name="atoms">[A, Dim]: the values.</param>
    /// <param name="probabilities">[K, A]: a row for each class; or one row that holds for all classes. Each sums to 1.</param>
    /// <exception cref="InputException">A row that is no probability.</exception>
    public DiscreteFeature(double[,] atoms, double[,] probabilities)
    {
        if (atoms.GetLength(0) == 0 || probabilities.GetLength(1) != atoms.GetLength(0))
            throw new InputException("DiscreteFeature", $"{atoms.GetLength(0)} values but {probabilities.GetLength(1)} probabilities a class", "Give each class one probability for each value");
        for (var k = 0; k < probabilities.GetLength(0); k++)
        {
            var row = Enumerable.Range(0, probabilities.GetLength(1)).Select(a => probabilities[k, a]).ToArray();
            if (row.Any(p => !(p >= 0)) || Math.Abs(row.Sum() - 1) > 1e-12)
                throw new InputException("DiscreteFeature", $"the probabilities of class {k} are negative or do not sum to 1", "Correct that row");
        }
        (_atoms, _probabilities) = ((double[,])atoms.Clone(), (double[,])probabilities.Clone());
        NormBound = Enumerable.Range(0, Count).Max(a => Math.Sqrt(Enumerable.Range(0, Dim).Sum(d => atoms[a, d] * atoms[a, d])));
    }

    /// <summary>A: how many values there are.</summary>
    public int Count => _atoms.GetLength(0);

    /// <inheritdoc/>
    public override int Dim => _atoms.GetLength(1);

    /// <inheritdoc/>
    public override double NormBound { get; }

    /// <summary>The values: [A, Dim] float64.</summary>
    public Tensor Atoms() => tensor(_atoms);

    /// <summary>P(ζ = value a | v_k): [K, A] float64.</summary>
    /// <param name="classes">K.</param>
    /// <exception cref="InputException">The table is for another number of classes.</exception>
    public Tensor Probabilities(int classes)
    {
        using var scope = NewDisposeScope();
        var table = tensor(_probabilities);
        if (table.shape[0] == 1) table = table.expand(classes, -1);
        else if (table.shape[0] != classes)
            throw new InputException("DiscreteFeature", $"the table has {table.shape[0]} classes, the model {classes}", "Give one row for each class, or one for all");
        return table.clone().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Means(int classes, long seed)
    {
        using var scope = NewDisposeScope();
        return Probabilities(classes).matmul(Atoms()).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Draw(Tensor classes, Tensor means, Generator generator)
    {
        using var scope = NewDisposeScope();
        // Inverse of the distribution function: one uniform number a draw, whatever the class.
        var cumulative = Probabilities((int)means.shape[0]).cumsum(1)[classes];
        var uniform = rand(classes.shape[0], 1, dtype: float64, generator: generator);
        var index = (uniform > cumulative).sum(1).clamp_max(Count - 1);
        return Atoms()[index].MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor MeanCovariance(Tensor means, Tensor probabilities)
    {
        using var scope = NewDisposeScope();
        var atoms = Atoms();
        var weights = probabilities.unsqueeze(0).matmul(Probabilities((int)means.shape[0])).squeeze(0).unsqueeze(1);
        return (atoms.t().matmul(weights * atoms) - means.t().matmul(probabilities.unsqueeze(1) * means)).MoveToOuterDisposeScope();
    }
}
