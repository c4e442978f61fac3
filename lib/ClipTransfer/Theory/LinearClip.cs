using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>The linear case study (Section 5.1 [R]): f_W(x, y) = ⟨Wx, y⟩, its batch loss and its exact gradient.</summary>
/// <remarks>W: [d2, d1]; batches: [n, B, d1] and [n, B, d2]; all float64. L is convex in W [D]: log-sum-exp of functions linear in W.</remarks>
public static class LinearClip
{
    /// <summary>f_W(x_i, y_j) = ⟨Wx_i, y_j⟩ for all i, j: [.., N, M].</summary>
    /// <param name="map">W: [d2, d1].</param>
    /// <param name="images">[.., N, d1].</param>
    /// <param name="texts">[.., M, d2].</param>
    public static Tensor Scores(Tensor map, Tensor images, Tensor texts)
    {
        using var scope = NewDisposeScope();
        return images.matmul(map.t()).matmul(texts.transpose(-2, -1)).MoveToOuterDisposeScope();
    }

    /// <summary>f_W(x_i, y_i) = ⟨Wx_i, y_i⟩ of paired rows: [n].</summary>
    /// <param name="map">W: [d2, d1].</param>
    /// <param name="images">[n, d1].</param>
    /// <param name="texts">[n, d2].</param>
    public static Tensor PairScores(Tensor map, Tensor images, Tensor texts)
    {
        using var scope = NewDisposeScope();
        return (images.matmul(map.t()) * texts).sum(1).MoveToOuterDisposeScope();
    }

    /// <summary>The batch loss of each batch, both directions summed [R]: [n].</summary>
    /// <remarks>
    /// L = (1/B) Σ_i log Σ_j exp([f(x_j,y_i) − f(x_i,y_i)]/τ) + (1/B) Σ_i log Σ_j exp([f(x_i,y_j) − f(x_i,y_i)]/τ).
    /// </remarks>
    /// <param name="scores">f(x_i, y_j): [n, B, B] or [B, B]. Any score, not only a linear one.</param>
    /// <param name="temperature">τ.</param>
    public static Tensor BatchLosses(Tensor scores, double temperature)
    {
        using var scope = NewDisposeScope();
        var a = (scores.dim() == 2 ? scores.unsqueeze(0) : scores) / temperature;
        var own = a.diagonal(0, 1, 2).mean([1]);
        return (a.logsumexp(2).mean([1]) + a.logsumexp(1).mean([1]) - 2 * own).MoveToOuterDisposeScope();
    }

    /// <summary>The batch loss of each batch as an estimate of L_{D^B}.</summary>
    /// <param name="map">W.</param>
    /// <param name="batches">n independent batches.</param>
    /// <param name="temperature">τ.</param>
    public static Estimate PopulationLoss(Tensor map, PairSample batches, double temperature)
    {
        using var scope = NewDisposeScope();
        return Estimate.Mean(BatchLosses(Scores(map, batches.Image, batches.Text), temperature).data<double>().ToArray());
    }

    /// <summary>The objective, averaged over batches, and its exact gradient in W.</summary>
    /// <remarks>
    /// ∂L/∂f(x_i,y_j) = (P_ij + Q_ij − 2δ_ij)/(τB), P the softmax over texts and Q over images; ∂f(x_i,y_j)/∂W = y_j x_iᵀ.
    /// </remarks>
    /// <param name="map">W: [d2, d1].</param>
    /// <param name="batches">[n, B, ·].</param>
    /// <param name="objective">What to evaluate.</param>
    /// <returns>The value, and the gradient [d2, d1].</returns>
    public static (double Value, Tensor Gradient) Evaluate(Tensor map, PairSample batches, LinearObjective objective)
    {
        using var scope = NewDisposeScope();
        Tensor x = batches.Image, y = batches.Text;
        long n = x.shape[0], batch = x.shape[1];
        var embedded = x.matmul(map.t());
        var scores = embedded.matmul(y.transpose(1, 2));
        var value = zeros([], dtype: float64);
        var byScore = zeros_like(scores);

        if (objective.Contrastive != 0)
        {
            var (loss, derivative) = Contrastive(scores, objective.Temperature);
            value = value + objective.Contrastive * loss;
            byScore.add_(derivative, alpha: objective.Contrastive);
        }
        if (objective.Negative != 0)
        {
            var off = scores * (1 - eye(batch, dtype: float64));
            var weight = objective.Negative / (n * batch * (batch - 1));
            value = value + weight * off.square().sum();
            byScore.add_(off, alpha: 2 * weight);
        }
        if (objective.CrossModal != 0)
        {
            var gap = scores - scores.transpose(1, 2);
            var weight = 2 * batch * objective.CrossModal / (n * batch * batch);
            value = value + weight * gap.square().sum();
            byScore.add_(gap, alpha: 4 * weight);
        }

        // Σ_n Σ_ij D_ij y_j x_iᵀ = Yᵀ (Dᵀ X), summed over batches.
        var flatImages = x.reshape(n * batch, -1);
        var byEmbedded = byScore.matmul(y).reshape(n * batch, -1);
        if (objective.Positive != 0)
        {
            var residual = embedded - y;
            var weight = objective.Positive / (n * batch);
            value = value + weight * residual.square().sum();
            byEmbedded.add_(residual.reshape(n * batch, -1), alpha: 2 * weight);
        }
        if (objective.InModal != 0)
        {
            var gap = embedded.matmul(embedded.transpose(1, 2)) - y.matmul(y.transpose(1, 2));
            var weight = 2 * batch * objective.InModal / (n * batch * batch);
            value = value + weight * gap.square().sum();
            byEmbedded.add_(gap.matmul(embedded).reshape(n * batch, -1), alpha: 4 * weight);
        }
        var gradient = byEmbedded.t().matmul(flatImages);
        if (objective.Ridge != 0)
        {
            value = value + objective.Ridge * map.square().sum();
            gradient.add_(map, alpha: 2 * objective.Ridge);
        }
        return (value.item<double>(), gradient.MoveToOuterDisposeScope());
    }

    // One exponential pass serves both directions; where a whole row underflows beside the largest score, the plain way is taken.
    private static (Tensor Loss, Tensor ByScore) Contrastive(Tensor scores, double temperature)
    {
        long n = scores.shape[0], batch = scores.shape[1];
        var a = scores / temperature;
        var largest = a.amax([1, 2], keepdim: true);
        var e = (a - largest).exp_();
        Tensor rows = e.sum(2, keepdim: true), columns = e.sum(1, keepdim: true);
        var own = a.diagonal(0, 1, 2).mean();
        Tensor loss, sum;
        if (minimum(rows.min(), columns.min()).item<double>() > 1e-280)
        {
            loss = rows.log().mean() + columns.log().mean() + 2 * largest.mean() - 2 * own;
            sum = e.mul_(rows.reciprocal() + columns.reciprocal());
        }
        else
        {
            loss = a.logsumexp(2).mean() + a.logsumexp(1).mean() - 2 * own;
            sum = nn.functional.softmax(a, 2) + nn.functional.softmax(a, 1);
        }
        sum.diagonal(0, 1, 2).sub_(2);
        return (loss, sum.div_(temperature * n * batch));
    }
}
