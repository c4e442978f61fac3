using ClipTransfer.Theory;
using CsCheck;

namespace ClipTransfer.Tests.Theory;

public class RationalTests
{
    private static readonly Gen<Rational> _any = Gen.Select(Gen.Int[-1000, 1000], Gen.Int[1, 1000], (a, b) => new Rational(a, b));

    [Fact]
    public void Fractions_obey_the_laws_of_a_field_and_agree_with_doubles() => Gen.Select(_any, _any, _any).Sample((a, b, c) =>
    {
        Assert.Equal(a * b + a * c, a * (b + c));
        Assert.Equal(a, a - b + b);
        if (b.CompareTo(0) != 0) Assert.Equal(a, a / b * b);
        Assert.Equal(a.ToDouble() + b.ToDouble(), (a + b).ToDouble(), 1e-9);
        if (Math.Abs(a.ToDouble() - b.ToDouble()) > 1e-9) Assert.Equal(a.ToDouble() < b.ToDouble(), a < b);
    });

    [Fact]
    public void A_fraction_is_kept_in_lowest_terms_with_a_positive_denominator()
    {
        Assert.Equal("-2/3", new Rational(4, -6).ToString());
        Assert.Equal("5", new Rational(10, 2).ToString());
        Assert.Equal(0, default(Rational));
        Assert.Throws<DivideByZeroException>(() => new Rational(1, 0));
        // A third is no float: three of them make one.
        Assert.Equal(1, new Rational(1, 3) + new Rational(1, 3) + new Rational(1, 3));
    }
}
