using System.Globalization;
using ClipTransfer.Losses;

namespace ClipTransfer.Tests.Distributed;

/// <summary>The check that users run on their machines: what processes compute together against what one computes.</summary>
public class GradientTests
{
    private static async Task Check(int processes)
    {
        var mark = $"mpi-check-{Guid.NewGuid():n}";
        using var job = MpiJob.Start(mark, processes, [.. MpiJob.Benchmark, "mpi", "check", mark]);
        var lines = (await job.Success()).Split('\n').Select(line => line.Split(" | ")).Where(cells => cells.Length > 1).ToDictionary(cells => cells[0], cells => cells[1..]);
        double Of(string name, int cell = 0) => double.Parse(lines[name][cell], CultureInfo.InvariantCulture);

        Assert.Contains($"{processes} processes on 1 machine", job.Text, StringComparison.Ordinal);
        Assert.Equal(0, Of("sums over the processes"));
        Assert.Equal(0, Of("batches whose rows differ"));
        foreach (var method in MethodSettings.Names)
        {
            foreach (var model in new[] { "group norm", "batch norm" })
            {
                Assert.InRange(Of($"gradient, {method}, {model}, Float64"), 0, 1e-12);
                // No farther than 1e-6, or than one process's own float32 gradient is from its float64 one.
                Assert.InRange(Of($"gradient, {method}, {model}, Float32"), 0, Math.Max(1e-6, Of($"gradient, {method}, {model}, Float32", 1)));
            }

            Assert.InRange(Of($"gradient in chunks, {method}, group norm, Float64"), 0, 1e-12);
            Assert.InRange(Of($"gradient in chunks, {method}, group norm, Float32"), 0, 5e-6);
        }

        // Where float32 itself loses more, so do two orders of adding.
        Assert.InRange(Of("gradient, CyCLIP+Reg, ResNet, Float64"), 0, 1e-12);
        Assert.InRange(Of("gradient, CyCLIP+Reg, ResNet, Float32"), 0, 2 * Of("gradient, CyCLIP+Reg, ResNet, Float32", 1));
    }

    [MpiFact]
    public Task Two_processes_compute_the_gradient_of_one() => Check(2);

    [MpiFact]
    [Trait("Category", "Slow")]
    public Task Four_processes_compute_the_gradient_of_one() => Check(4);
}
