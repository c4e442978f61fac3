using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>Unit vectors v_1 … v_K whose largest inner product is exactly 1 − γ.</summary>
public static class SharedVectors
{
    /// <summary>Builds them: [K, K1] float64, unit rows.</summary>
    /// <param name="classes">K.</param>
    /// <param name="dim">K1.</param>
    /// <param name="gamma">γ.</param>
    /// <param name="arrangement">How they lie.</param>
    /// <param name="seed">For random directions.</param>
    /// <exception cref="InputException">K vectors so far apart do not fit into K1 dimensions.</exception>
    public static Tensor Create(int classes, int dim, double gamma, FeatureArrangement arrangement, long seed) =>
        arrangement == FeatureArrangement.Equal ? Equal(classes, dim, gamma) : Random(classes, dim, gamma, seed);

    // The symmetric root of the Gram matrix γI + (1−γ)11ᵀ is √γ·I + c·11ᵀ with (√γ + K·c)² = γ + K(1−γ).
    private static Tensor Equal(int classes, int dim, double gamma)
    {
        using var scope = NewDisposeScope();
        var c = (Math.Sqrt(gamma + classes * (1 - gamma)) - Math.Sqrt(gamma)) / classes;
        var root = Math.Sqrt(gamma) * eye(classes, dtype: float64) + c;
        return nn.functional.pad(root, [0L, dim - classes]).MoveToOuterDisposeScope();
    }

    // v = √(1−t)·u + √t·e with e ⊥ u: inner products become (1−t)⟨u,u'⟩ + t, so t places the largest at 1 − γ exactly.
    private static Tensor Random(int classes, int dim, double gamma, long seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)Seeds.Derive(seed, "theory/v"));
        var u = nn.functional.normalize(randn(classes, dim - 1, dtype: float64, generator: generator), dim: 1);
        var largest = LargestOffDiagonal(u);
        // Directions that are too near to each other are pushed apart; a handful of rounds when there is room.
        for (var round = 0; largest > 1 - gamma && round < 400; round++)
        {
            var gram = u.matmul(u.t());
            var push = (gram - 2 * eye(classes, dtype: float64)).sub(1 - 1.2 * gamma).clamp_min(0);
            u = nn.functional.normalize(u - 0.5 * push.matmul(u), dim: 1);
            largest = LargestOffDiagonal(u);
        }
        if (largest > 1 - gamma)
            throw new InputException("SharedVectors", $"{classes} unit vectors with inner products ≤ {1 - gamma:0.###} were not found in {dim - 1} dimensions", "Use a larger K1, fewer classes or a smaller γ");
        var t = (1 - gamma - largest) / (1 - largest);
        return cat([Math.Sqrt(1 - t) * u, full(classes, 1, Math.Sqrt(t), dtype: float64)], 1).MoveToOuterDisposeScope();
    }

    /// <summary>max over j ≠ k of ⟨v_j, v_k⟩ of unit rows [K, D].</summary>
    public static double LargestOffDiagonal(Tensor rows)
    {
        using var scope = NewDisposeScope();
        return (rows.matmul(rows.t()) - 4 * eye(rows.shape[0], dtype: rows.dtype)).max().item<double>();
    }

    /// <summary>⟨v_j, v_k⟩ of all rows, as a plain table for figures.</summary>
    /// <param name="rows">[K, D] float64.</param>
    public static double[,] Gram(Tensor rows)
    {
        using var scope = NewDisposeScope();
        return Table(rows.matmul(rows.t()));
    }

    /// <summary>A matrix as a plain table for figures.</summary>
    /// <param name="matrix">[N, M] float64.</param>
    public static double[,] Table(Tensor matrix)
    {
        var (rows, columns) = ((int)matrix.shape[0], (int)matrix.shape[1]);
        var flat = matrix.contiguous().data<double>().ToArray();
        var table = new double[rows, columns];
        Buffer.BlockCopy(flat, 0, table, 0, flat.Length * sizeof(double));
        return table;
    }
}
