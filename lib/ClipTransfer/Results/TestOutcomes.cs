using System.Text.Json.Serialization;

namespace ClipTransfer.Results;

/// <summary>Right or wrong, one bit a test image, in the order of the set: what paired tests and a bootstrap over images need, and small enough for a results file.</summary>
/// <param name="Count">N.</param>
/// <param name="Bits">Hexadecimal; image i is bit i mod 8, lowest first, of byte i / 8.</param>
public sealed record TestOutcomes(int Count, string Bits)
{
    private byte[]? _bytes;

    /// <summary>Images that were right.</summary>
    [JsonIgnore]
    public int Correct => Enumerable.Range(0, Count).Count(i => this[i]);

    /// <summary>Correct / N.</summary>
    [JsonIgnore]
    public double Accuracy => (double)Correct / Count;

    /// <summary>Whether one image was right.</summary>
    public bool this[int image] => ((_bytes ??= Convert.FromHexString(Bits))[image / 8] >> (image % 8) & 1) == 1;

    /// <summary>Packs outcomes.</summary>
    public static TestOutcomes Of(IEnumerable<bool> right)
    {
        var all = right.ToArray();
        var bytes = new byte[(all.Length + 7) / 8];
        for (var i = 0; i < all.Length; i++) if (all[i]) bytes[i / 8] |= (byte)(1 << (i % 8));
        return new TestOutcomes(all.Length, Convert.ToHexStringLower(bytes));
    }
}
