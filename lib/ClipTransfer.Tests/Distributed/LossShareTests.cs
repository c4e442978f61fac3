using ClipTransfer.Losses;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Distributed;

/// <summary>A loss cut into shares of rows, in one process.</summary>
public class LossShareTests
{
    public static TheoryData<string> Methods => [.. MethodSettings.Names];

    private static (Tensor Image, Tensor Text, Tensor Scale) Leaves()
    {
        var image = nn.functional.normalize(randn(12, 5, ScalarType.Float64), dim: 1).detach().requires_grad_();
        var text = nn.functional.normalize(randn(12, 5, ScalarType.Float64), dim: 1).detach().requires_grad_();
        return (image, text, tensor(7.0, ScalarType.Float64).requires_grad_());
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void The_mean_over_shares_is_the_whole_loss_with_its_terms_and_gradients(string method)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(3);
        using var bias = new LogitBias(-2, ScalarType.Float64);
        var loss = new MethodSettings { Name = method, Weight = 0.3 }.Create(bias);
        var (image, text, scale) = Leaves();
        var whole = loss.Compute(image, text, scale);
        whole.Total.backward();
        var ofBias = bias.parameters().Single().grad?.item<double>();
        foreach (var parts in new[] { 2, 3, 4 })
        {
            var (i, t, s) = (image.detach().clone().requires_grad_(), text.detach().clone().requires_grad_(), scale.detach().clone().requires_grad_());
            var rows = 12 / parts;
            var shares = Enumerable.Range(0, parts).Select(part => loss.Compute(EmbeddingBatch.Of(i, t, part * rows, rows), s)).ToArray();
            foreach (var (name, term) in whole.Terms) Assert.Equal(term.item<double>(), shares.Average(share => share.Terms[name].item<double>()), 1e-12);
            bias.zero_grad();
            foreach (var share in shares) (share.Total / parts).backward(); // each leaf gathers what all shares say of it
            Assert.Equal(whole.Total.item<double>(), shares.Average(share => share.Total.item<double>()), 1e-12);
            Assert.True(i.grad!.allclose(image.grad!, 1e-12, 1e-14));
            Assert.True(t.grad!.allclose(text.grad!, 1e-12, 1e-14));
            if (ofBias is not null) Assert.Equal(ofBias.Value, bias.parameters().Single().grad!.item<double>(), 1e-12);
            if (s.grad is not null) Assert.True(s.grad.allclose(scale.grad!, 1e-12, 1e-14));
        }
    }

    [Fact]
    public void A_share_holds_its_rows_against_all_columns()
    {
        using var scope = NewDisposeScope();
        var (image, text, _) = Leaves();
        var batch = EmbeddingBatch.Of(image, text, 8, 4);
        Assert.Equal([4, 12], batch.Scores().shape); // B²/n numbers
        Assert.Equal([4, 12], batch.ScoresOfTexts(batch.Scores()).shape);
        Assert.True(batch.Scores().equal(image.narrow(0, 8, 4).matmul(text.t())).all().item<bool>());
        Assert.Throws<ArgumentException>(() => EmbeddingBatch.Of(image, text, 8, 5));
    }
}
