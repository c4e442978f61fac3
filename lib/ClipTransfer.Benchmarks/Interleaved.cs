using System.Diagnostics;

namespace ClipTransfer.Benchmarks;

/// <summary>Times several things in turns, so that a moment in which the machine is busy falls on all of them.</summary>
internal static class Interleaved
{
    /// <summary>The median seconds of each; the first turn, which warms up, is not counted.</summary>
    public static double[] Medians(int turns, params Action[] works)
    {
        var times = works.Select(_ => new List<double>()).ToArray();
        for (var turn = -1; turn < turns; turn++)
        {
            for (var k = 0; k < works.Length; k++)
            {
                var since = Stopwatch.GetTimestamp();
                works[k]();
                if (turn >= 0) times[k].Add(Stopwatch.GetElapsedTime(since).TotalSeconds);
            }
        }

        return [.. times.Select(Median)];
    }

    /// <summary>The middle value, or the mean of the two in the middle.</summary>
    public static double Median(IReadOnlyCollection<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
