using ClipTransfer.Runtime;

namespace ClipTransfer.Evaluation;

/// <summary>Splits labelled images into folds in which every class is as often as in any other, up to one image.</summary>
public static class StratifiedFolds
{
    /// <summary>The fold of each image, 0 … folds − 1, a pure function of labels and seed.</summary>
    /// <param name="labels">The images' classes.</param>
    /// <param name="folds">How many folds, at least 2.</param>
    /// <param name="seed">Decides which images of a class go together.</param>
    public static IReadOnlyList<int> Of(IReadOnlyList<int> labels, int folds, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, 2);
        var fold = new int[labels.Count];
        var next = 0;
        foreach (var members in Enumerable.Range(0, labels.Count).GroupBy(i => labels[i]).OrderBy(group => group.Key))
        {
            var shuffled = members.ToArray();
            new Random(unchecked((int)Seeds.Derive(seed, "folds", members.Key))).Shuffle(shuffled);
            // Going on where the last class ended keeps the folds' sizes within one of each other.
            foreach (var image in shuffled) fold[image] = next++ % folds;
        }

        return fold;
    }
}
