using System.Globalization;

namespace ClipTransfer.Benchmarks;

/// <summary>The efficiency to be expected of n nodes that each keep their b rows, over a network of a given rate.</summary>
/// <remarks>
/// A ring moves 2 (n−1)/n · P bytes through each node's port for the sum of P bytes of gradients, (n−1) · b · 2D · 4 bytes to gather the embeddings, and twice that for
/// the sum of their gradients. Each byte takes 1/R to be copied and added, R the rate at which MPI was measured to sum within a machine, and then 1/L on the wire:
/// C(n) = (2 (n−1)/n · P + 24 (n−1) b D) · (1/R + 1/L). Nothing overlaps, so the efficiency is T/(T + C(n)) with T the step of one node alone. Latencies are left out.
/// </remarks>
/// <param name="StepSeconds">T.</param>
/// <param name="GradientBytes">P.</param>
/// <param name="Rows">b.</param>
/// <param name="EmbedDim">D.</param>
/// <param name="SumRate">Bytes a second of a measured sum between two processes of one machine, P over its time.</param>
internal sealed record ScalingTable(double StepSeconds, long GradientBytes, int Rows, int EmbedDim, double SumRate)
{
    /// <summary>Seconds that a step's exchange takes.</summary>
    public double Exchange(int nodes, double gigabits)
    {
        var bytes = (2.0 * (nodes - 1) / nodes * GradientBytes) + (24.0 * (nodes - 1) * Rows * EmbedDim);
        return bytes * ((1 / SumRate) + (8 / (gigabits * 1e9)));
    }

    /// <summary>T/(T + C(n)).</summary>
    public double Efficiency(int nodes, double gigabits) => StepSeconds / (StepSeconds + Exchange(nodes, gigabits));

    /// <summary>A Markdown table.</summary>
    public IEnumerable<string> Lines()
    {
        int[] nodes = [2, 4, 8, 16, 32, 64];
        yield return $"| network | {string.Join(" | ", nodes.Select(n => $"{n} nodes"))} | step that gives 90 % at 64 nodes |";
        yield return $"|---|{string.Concat(nodes.Select(_ => "---|"))}---|";
        foreach (var gigabits in new[] { 10.0, 100.0 })
        {
            var cells = nodes.Select(n => Efficiency(n, gigabits).ToString("0.0 %", CultureInfo.InvariantCulture));
            yield return string.Create(CultureInfo.InvariantCulture, $"| {gigabits:0} Gbit/s | {string.Join(" | ", cells)} | {9 * Exchange(64, gigabits):0.00} s |");
        }
    }
}
