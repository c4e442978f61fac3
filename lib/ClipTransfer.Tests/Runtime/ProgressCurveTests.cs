using ClipTransfer.Runtime;

namespace ClipTransfer.Tests.Runtime;

public class ProgressCurveTests
{
    [Fact]
    public void A_long_curve_keeps_means_and_stays_short()
    {
        var curve = new ProgressCurve("loss");
        // A straight line stays one under means: of both coordinates alike.
        for (var k = 1; k <= 100_000; k++) curve.Add(k, 2.0 * k);
        Assert.InRange(curve.Points.Count, 150, 300);
        Assert.All(curve.Points, point => Assert.Equal(2 * point.Done, point.Value, 1e-6));
        Assert.InRange(curve.Points[0].Done, 1, 1000);
        Assert.InRange(curve.Points[^1].Done, 99_000, 100_000);
        Assert.Equal(curve.Points.OrderBy(point => point.Done), curve.Points);
    }

    [Fact]
    public void Values_that_are_not_finite_leave_no_point()
    {
        var curve = new ProgressCurve("loss");
        foreach (var value in new[] { 1, double.NaN, 2, double.PositiveInfinity }) curve.Add(curve.Points.Count, value);
        Assert.Equal([(0.0, 1.0), (1.0, 2.0)], curve.Points);
    }
}
