using static TorchSharp.torch;

namespace ClipTransfer.Tests.Models;

/// <summary>Compares back-propagated gradients of a float64 module with central differences.</summary>
internal static class GradientCheck
{
    /// <summary>Checks every parameter and the input at a few places each, under a random linear functional of the output.</summary>
    public static void Run(nn.Module module, Func<Tensor, Tensor> forward, Tensor input, int placesPerTensor = 4)
    {
        using var scope = NewDisposeScope();
        var random = new Random(1);
        Tensor weights;
        using (no_grad()) weights = randn_like(forward(input));
        double Loss()
        {
            using var inner = NewDisposeScope();
            using var free = no_grad();
            return (forward(input) * weights).sum().item<double>();
        }

        (forward(input) * weights).sum().backward();
        var checkedTensors = 0;
        foreach (var (name, tensor) in module.named_parameters().Select(p => (p.name, (Tensor)p.parameter)).Append(("input", input)))
        {
            if (!tensor.requires_grad) continue;
            checkedTensors++;
            for (var k = 0; k < placesPerTensor; k++)
            {
                var at = random.NextInt64(tensor.numel());
                using var free = no_grad();
                var flat = tensor.view(-1);
                var value = flat[at].item<double>();
                const double Step = 1e-5;
                flat[at] = value + Step;
                var up = Loss();
                flat[at] = value - Step;
                var down = Loss();
                flat[at] = value;
                var expected = (up - down) / (2 * Step);
                var actual = tensor.grad!.reshape(-1)[at].item<double>();
                Assert.True(Math.Abs(expected - actual) < 1e-5 * Math.Max(1, Math.Abs(expected)), $"{name}[{at}]: difference {expected:R}, gradient {actual:R}");
            }
        }

        Assert.True(checkedTensors > 0);
    }
}
