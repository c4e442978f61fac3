using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>A dictionary (G or H of the paper) with its pseudo-inverse, both from one singular value decomposition.</summary>
internal sealed class Dictionary : IDisposable
{
    /// <summary>Builds it: U diag(s) Vᵀ with log-spaced s.</summary>
    internal Dictionary(DictionarySettings settings, int columns, long seed)
    {
        using var scope = NewDisposeScope();
        var rows = settings.Rows ?? columns;
        if (settings.IsIdentity)
        {
            var identity = eye(rows, columns, dtype: float64);
            Matrix = (settings.Norm * identity).MoveToOuterDisposeScope();
            Inverse = (identity.t() / settings.Norm).contiguous().MoveToOuterDisposeScope();
            return;
        }
        using var generator = new Generator((ulong)Seeds.Derive(seed, "theory/dictionary"));
        var (u, _) = linalg.qr(randn(rows, columns, dtype: float64, generator: generator));
        var (v, _) = linalg.qr(randn(columns, columns, dtype: float64, generator: generator));
        var exponents = columns == 1 ? zeros(1, dtype: float64) : linspace(0, -1, columns, dtype: float64);
        var s = settings.Norm * exponents.mul(Math.Log(settings.Conditioning)).exp();
        Matrix = (u * s).matmul(v.t()).MoveToOuterDisposeScope();
        Inverse = (v / s).matmul(u.t()).MoveToOuterDisposeScope();
    }

    /// <summary>[d, columns] float64, full column rank.</summary>
    internal Tensor Matrix { get; }

    /// <summary>The pseudo-inverse: [columns, d] float64; Inverse · Matrix = I.</summary>
    internal Tensor Inverse { get; }

    public void Dispose()
    {
        Matrix.Dispose();
        Inverse.Dispose();
    }
}
