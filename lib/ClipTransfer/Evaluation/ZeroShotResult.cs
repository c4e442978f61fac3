using ClipTransfer.Theory;

namespace ClipTransfer.Evaluation;

/// <summary>What zero-shot classification of N images into K classes gave. Counts, so that an interval can be put on any of them (<c>Interval.Wilson</c>).</summary>
/// <param name="Count">N.</param>
/// <param name="Classes">K.</param>
/// <param name="CorrectAt">For each r: how many images have their class among the r best.</param>
/// <param name="Confusion"><c>[K, K]</c>: images of the row's class that were taken for the column's.</param>
/// <param name="Margins">Own class's score minus the best other's, one an image.</param>
public sealed record ZeroShotResult(int Count, int Classes, IReadOnlyDictionary<int, int> CorrectAt, int[,] Confusion, MarginSample Margins)
{
    /// <summary>Images whose class scored highest.</summary>
    public int Correct => CorrectAt[1];

    /// <summary>Top-1 accuracy.</summary>
    public double Accuracy => (double)Correct / Count;

    /// <summary>The accuracy of guessing: 1/K.</summary>
    public double Chance => 1.0 / Classes;

    /// <summary>Top-r accuracy, for an r that was asked for.</summary>
    public double AccuracyAt(int r) => (double)CorrectAt[r] / Count;

    /// <summary>The share of each class's images that was taken for each class: <see cref="Confusion"/> with rows that sum to 1.</summary>
    public double[,] ConfusionShares()
    {
        var shares = new double[Classes, Classes];
        for (var k = 0; k < Classes; k++)
        {
            var total = Enumerable.Range(0, Classes).Sum(j => Confusion[k, j]);
            for (var j = 0; j < Classes; j++) shares[k, j] = total == 0 ? double.NaN : (double)Confusion[k, j] / total;
        }

        return shares;
    }

    /// <summary>Accuracy among the images of each class; NaN for a class without images.</summary>
    public IReadOnlyList<double> PerClass => [.. Enumerable.Range(0, Classes).Select(k =>
    {
        var total = Enumerable.Range(0, Classes).Sum(j => Confusion[k, j]);
        return total == 0 ? double.NaN : (double)Confusion[k, k] / total;
    })];
}
