using System.Globalization;
using System.Numerics;

namespace ClipTransfer.Theory;

/// <summary>An exact fraction in lowest terms with a positive denominator: where "the error is exactly 1/(3K)" must not hang on rounding.</summary>
public readonly record struct Rational : IComparable<Rational>
{
    private readonly BigInteger _below;

    /// <summary>above / below.</summary>
    /// <exception cref="DivideByZeroException">below is 0.</exception>
    public Rational(BigInteger above, BigInteger below)
    {
        if (below.IsZero) throw new DivideByZeroException("a fraction needs a denominator that is not 0");
        var divisor = BigInteger.GreatestCommonDivisor(above, below) * below.Sign;
        Above = above / divisor;
        // Stored less one, so that default(Rational) is 0/1 and not 0/0.
        _below = below / divisor - 1;
    }

    /// <summary>The numerator.</summary>
    public BigInteger Above { get; }

    /// <summary>The denominator, positive.</summary>
    public BigInteger Below => _below + 1;

    /// <summary>A whole number.</summary>
    public static implicit operator Rational(int value) => FromInt32(value);

    /// <summary>A whole number.</summary>
    public static Rational FromInt32(int value) => new(value, 1);

    /// <summary>Sum.</summary>
    public static Rational operator +(Rational a, Rational b) => new(a.Above * b.Below + b.Above * a.Below, a.Below * b.Below);

    /// <summary>Difference.</summary>
    public static Rational operator -(Rational a, Rational b) => new(a.Above * b.Below - b.Above * a.Below, a.Below * b.Below);

    /// <summary>Product.</summary>
    public static Rational operator *(Rational a, Rational b) => new(a.Above * b.Above, a.Below * b.Below);

    /// <summary>Quotient.</summary>
    public static Rational operator /(Rational a, Rational b) => new(a.Above * b.Below, a.Below * b.Above);

    /// <summary>Less.</summary>
    public static bool operator <(Rational a, Rational b) => a.CompareTo(b) < 0;

    /// <summary>Greater.</summary>
    public static bool operator >(Rational a, Rational b) => a.CompareTo(b) > 0;

    /// <summary>Less or equal.</summary>
    public static bool operator <=(Rational a, Rational b) => a.CompareTo(b) <= 0;

    /// <summary>Greater or equal.</summary>
    public static bool operator >=(Rational a, Rational b) => a.CompareTo(b) >= 0;

    /// <summary>The nearest double.</summary>
    public double ToDouble() => (double)Above / (double)Below;

    /// <inheritdoc/>
    public int CompareTo(Rational other) => (Above * other.Below).CompareTo(other.Above * Below);

    /// <inheritdoc/>
    public override string ToString() => Below.IsOne
        ? Above.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{Above}/{Below}");
}
