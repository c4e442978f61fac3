using static TorchSharp.torch;

namespace ClipTransfer.Evaluation;

/// <summary>What the nearest neighbours of unit embeddings tell: classification by vote, and how pure neighbourhoods are.</summary>
public static class NearestNeighbours
{
    // Rows at a time, so that the score matrix stays small.
    private const int Chunk = 512;

    /// <summary>k-nearest-neighbour classification by cosine: each of the k nearest training images votes once; of equal votes the class of the nearest voter wins.</summary>
    /// <param name="train">Unit rows, <c>[N, D]</c>.</param>
    /// <param name="trainLabels">Their classes.</param>
    /// <param name="test">Unit rows, <c>[M, D]</c>.</param>
    /// <param name="k">How many neighbours, at most N.</param>
    /// <returns>The predicted class of each test image.</returns>
    public static IReadOnlyList<int> Classify(Tensor train, IReadOnlyList<int> trainLabels, Tensor test, int k)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, trainLabels.Count);
        return [.. Nearest(test, train, k, skipSelf: false).Select(near => near
            .Select((row, place) => (Label: trainLabels[row], Place: place))
            .GroupBy(vote => vote.Label)
            .OrderByDescending(votes => votes.Count()).ThenBy(votes => votes.Min(vote => vote.Place))
            .First().Key)];
    }

    /// <summary>Neighbourhood purity: the mean share of an image's k nearest other images that are of its class. Chance is the share of its class among the others.</summary>
    /// <param name="images">Unit rows, <c>[N, D]</c>.</param>
    /// <param name="labels">Their classes.</param>
    /// <param name="k">How many neighbours, below N.</param>
    public static double Purity(Tensor images, IReadOnlyList<int> labels, int k)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(k, labels.Count);
        return Nearest(images, images, k, skipSelf: true).Select((near, row) => near.Average(other => labels[other] == labels[row] ? 1.0 : 0)).Average();
    }

    private static IEnumerable<int[]> Nearest(Tensor rows, Tensor among, int k, bool skipSelf)
    {
        Embeddings.Finite(rows, "nearest neighbours");
        for (long from = 0; from < rows.shape[0]; from += Chunk)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(Chunk, rows.shape[0] - from);
            var scores = rows.narrow(0, from, count).matmul(among.t());
            if (skipSelf) scores.diagonal(from).fill_(float.NegativeInfinity);
            var near = scores.topk(k, dim: 1).indexes.data<long>().Select(row => (int)row).ToArray();
            foreach (var one in near.Chunk(k)) yield return one;
        }
    }
}
