using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>A random stream of one item and one purpose: integers only, so that it is the same on every machine and in any order of items.</summary>
/// <remarks>
/// SplitMix64 (Steele, Lea and Flood 2014) started at a hash of its keys. Each factor of an item has its own stream, so that an option
/// that changes one factor leaves all others as they were: comparisons between options are paired.
/// </remarks>
internal struct ItemRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private ulong _state;

    private ItemRandom(ulong state) => _state = state;

    /// <summary>The key of a stream family, from a seed and a purpose.</summary>
    public static ulong Key(long seed, string purpose) => (ulong)Seeds.Derive(seed, purpose);

    /// <summary>The stream of one item and one of its factors.</summary>
    public static ItemRandom Of(ulong key, long item, int factor) =>
        new(Mix(Mix(key ^ Mix((ulong)item + Golden)) + ((ulong)(factor + 1) * Golden)));

    /// <summary>64 random bits.</summary>
    public ulong Next() => Mix(_state += Golden);

    /// <summary>Uniform in 0 … <paramref name="n"/> − 1 (bias below n/2⁶⁴).</summary>
    public int Below(int n) => (int)Math.BigMul(Next(), (ulong)n, out _);

    /// <summary>Uniform in [0, 1), a multiple of 2⁻⁵³.</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public double Between(double low, double high) => low + ((high - low) * Unit());

    /// <summary>True with this probability.</summary>
    public bool Chance(double probability) => Unit() < probability;

    /// <summary>One of the list, uniformly.</summary>
    public T Pick<T>(IReadOnlyList<T> list) => list[Below(list.Count)];

    /// <summary>0 … n − 1 in random order (Fisher–Yates).</summary>
    public int[] Permutation(int n)
    {
        var order = new int[n];
        for (var i = 0; i < n; i++) order[i] = i;
        Shuffle(order);
        return order;
    }

    /// <summary>Puts a list into random order (Fisher–Yates).</summary>
    public void Shuffle(Span<int> order)
    {
        for (var i = order.Length - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
