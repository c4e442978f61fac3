using TorchSharp;

namespace ClipTransfer.Tests.Runtime;

public class TorchRuntimeTests
{
    [Fact]
    public void A_matrix_product_runs_after_initialisation()
    {
        using var a = torch.ones(2, 3);
        using var b = torch.ones(3, 2);
        using var c = a.matmul(b);
        Assert.Equal(3f, c[1, 1].item<float>());
    }
}
