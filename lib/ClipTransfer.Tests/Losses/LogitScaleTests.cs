using ClipTransfer.Losses;
using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Losses;

public class LogitScaleTests
{
    [Fact]
    public void A_new_one_is_the_inverse_of_clips_temperature_in_float32()
    {
        using var scale = new LogitScale();
        using var value = scale.Value();
        Assert.Equal(ScalarType.Float32, value.dtype);
        Assert.Empty(value.shape);
        Assert.Equal(14.285714f, value.item<float>(), 1e-5f);
        Assert.Equal(["log"], scale.state_dict().Keys);
        Assert.Equal(2.6592600f, scale.state_dict()["log"].item<float>(), 1e-6f);
    }

    [Theory]
    [InlineData(0.05, 0.05)]
    [InlineData(0.001, 0.01)]
    [InlineData(20.0, 1.0)]
    public void A_trained_one_is_clamped_between_temperatures_1_and_one_hundredth(double wanted, double kept)
    {
        using var scale = new LogitScale();
        using (no_grad()) scale.parameters().Single().fill_(Math.Log(1 / wanted));
        scale.Clamp();
        using var value = scale.Value();
        Assert.Equal(1 / kept, value.item<float>(), 1e-3 / kept);
    }

    [Fact]
    public void A_fixed_one_has_no_gradient_and_keeps_any_temperature()
    {
        using var scale = new LogitScale(temperature: 0.002, trained: false);
        scale.Clamp();
        using var value = scale.Value();
        Assert.False(scale.parameters().Single().requires_grad);
        Assert.Equal(500, value.item<float>(), 0.01);
    }

    [Fact]
    public void The_gradient_of_the_logarithm_is_the_scale_itself()
    {
        using var scale = new LogitScale(0.1, dtype: ScalarType.Float64);
        scale.Value().backward();
        Assert.Equal(10, scale.parameters().Single().grad!.item<double>(), 1e-12);
    }

    [Theory]
    [InlineData(0.0, true)]
    [InlineData(0.009, true)]
    [InlineData(1.5, true)]
    [InlineData(-1.0, false)]
    [InlineData(double.NaN, false)]
    public void A_temperature_out_of_range_is_refused(double temperature, bool trained) =>
        Assert.Throws<InputException>(() => new LogitScale(temperature, trained));
}
