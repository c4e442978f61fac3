using ClipTransfer.Runtime;
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

    [Fact]
    public void The_description_names_device_threads_and_versions()
    {
        var description = TorchRuntime.Describe();
        Assert.Equal("cpu", description.Device);
        Assert.Equal(torch.get_num_threads(), description.Threads);
        Assert.StartsWith("2.", description.LibTorch, StringComparison.Ordinal);
        Assert.Equal("0.107.0", description.TorchSharp);
    }

    [Fact]
    public void A_device_that_does_not_exist_is_named_with_the_choices()
    {
        var error = Assert.Throws<InputException>(() => TorchRuntime.Initialize("tpu"));
        Assert.Contains("'tpu'", error.Message, StringComparison.Ordinal);
        Assert.Contains("cpu", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void The_number_of_threads_can_be_set()
    {
        var before = torch.get_num_threads();
        Assert.Equal(1, TorchRuntime.Initialize("cpu", threads: 1).Threads);
        Assert.Equal(before, TorchRuntime.Initialize("cpu", threads: before).Threads);
    }
}
