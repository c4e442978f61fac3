using ClipTransfer.Runtime;
using CsCheck;
using TorchSharp;

namespace ClipTransfer.Tests.Runtime;

public class SeedsTests
{
    [Fact]
    public void One_seed_gives_one_stream_of_numbers()
    {
        Seeds.Fix(7);
        using var first = torch.randn(100);
        Seeds.Fix(7);
        using var second = torch.randn(100);
        using var third = torch.randn(100);
        Assert.Equal(first.data<float>().ToArray(), second.data<float>().ToArray());
        Assert.NotEqual(first.data<float>().ToArray(), third.data<float>().ToArray());
    }

    // Computed with Python: int.from_bytes(sha256(pack('<qq', 1, 5) + b'order' + pack('<q', 3)).digest()[:8], 'little') & (2**63 - 1)
    [Fact]
    public void A_derived_seed_is_the_documented_hash() => Assert.Equal(4842799233839635613, Seeds.Derive(1, "order", 3));

    [Fact]
    public void Derived_seeds_are_never_negative_and_differ_by_every_argument() =>
        Gen.Select(Gen.Long, Gen.Long, Gen.String).Sample(
            (seed, key, purpose) =>
            {
                var derived = Seeds.Derive(seed, purpose, key);
                Assert.True(derived >= 0);
                Assert.NotEqual(derived, Seeds.Derive(seed + 1, purpose, key));
                Assert.NotEqual(derived, Seeds.Derive(seed, purpose, key + 1));
                Assert.NotEqual(derived, Seeds.Derive(seed, purpose + "x", key));
                Assert.NotEqual(derived, Seeds.Derive(seed, purpose, key, 0));
            },
            iter: 500);
}
