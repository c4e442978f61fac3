using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>How a prompt is chosen.</summary>
public enum ZeroShotRule
{
    /// <summary>The largest ⟨g(x), y_k⟩, as the paper.</summary>
    InnerProduct,

    /// <summary>The smallest ‖g(x) − y_k‖, which suits a regression better.</summary>
    Distance,
}

/// <summary>Fitting g by E‖g(x) − y‖² (Theorem 5.6, Corollary 5.7 [S]): the Bayes regression keeps the text's unique features.</summary>
public static class SquareLoss
{
    /// <summary>The Bayes regression g(x) = E[y | x] = H[z; E[ζ|z]], a row for each class: [K, d2].</summary>
    /// <remarks>z can be read off x (G has full column rank), and ζ is independent of ξ given z, so E[y|x] depends on z alone.</remarks>
    public static Tensor Bayes(SharedFeatureModel model)
    {
        using var scope = NewDisposeScope();
        return cat([model.Vectors, model.TextOnlyMeans], 1).matmul(model.TextDictionary.t()).MoveToOuterDisposeScope();
    }

    /// <summary>The best linear map, argmin_W E‖Wx − y‖² = E[yxᵀ]·E[xxᵀ]†, from the model's exact moments: [d2, d1].</summary>
    /// <remarks>It is the Bayes regression where E[ζ|z] is linear in z, and what CLIP+Reg tends to as λ → ∞.</remarks>
    public static Tensor BestLinear(SharedFeatureModel model)
    {
        using var scope = NewDisposeScope();
        var p = tensor(model.Probabilities.ToArray()).unsqueeze(1);
        var images = cat([model.Vectors, model.ImageOnlyMeans], 1);
        var texts = cat([model.Vectors, model.TextOnlyMeans], 1);
        var second = images.t().matmul(p * images);
        var k1 = model.SharedDim;
        second[k1.., k1..].add_(model.Settings.ImageOnly.MeanCovariance(model.ImageOnlyMeans, p.squeeze(1)));
        var hidden = texts.t().matmul(p * images).matmul(linalg.pinv(second, rtol: 1e-10, hermitian: true));
        return model.TextDictionary.matmul(hidden).matmul(model.ImageInverse).MoveToOuterDisposeScope();
    }

    /// <summary>The regression learned from samples with no assumption on its form: the mean text of each class, [K, d2].</summary>
    /// <param name="sample">n pairs.</param>
    /// <param name="classes">K. A class that was not drawn keeps the mean of all texts.</param>
    public static Tensor FitClassMeans(PairSample sample, int classes)
    {
        using var scope = NewDisposeScope();
        var membership = nn.functional.one_hot(sample.Classes, classes).to(float64);
        var counts = membership.sum([0]).unsqueeze(1);
        var means = membership.t().matmul(sample.Text) / counts.clamp_min(1);
        return where(counts > 0, means, sample.Text.mean([0], keepdim: true)).MoveToOuterDisposeScope();
    }

    /// <summary>The linear regression learned from samples: argmin_W Σ‖Wx_i − y_i‖² + ridge·‖W‖², the one of least norm: [d2, d1].</summary>
    public static Tensor FitLinear(PairSample sample, double ridge = 0)
    {
        using var scope = NewDisposeScope();
        var x = sample.Image;
        var second = x.t().matmul(x) / x.shape[0] + ridge * eye(x.shape[1], dtype: float64);
        var cross = sample.Text.t().matmul(x) / x.shape[0];
        return cross.matmul(linalg.pinv(second, rtol: 1e-10, hermitian: true)).MoveToOuterDisposeScope();
    }

    /// <summary>The value of each prompt for each prediction; the largest is chosen: [N, K].</summary>
    /// <param name="predictions">g(x_i): [N, d2].</param>
    /// <param name="prompts">y_k: [K, d2].</param>
    /// <param name="rule">Inner product or −‖g(x) − y_k‖².</param>
    public static Tensor PromptScores(Tensor predictions, Tensor prompts, ZeroShotRule rule)
    {
        using var scope = NewDisposeScope();
        var inner = predictions.matmul(prompts.t());
        var scores = rule == ZeroShotRule.InnerProduct
            ? inner
            : 2 * inner - prompts.square().sum(1) - predictions.square().sum(1, keepdim: true);
        return scores.MoveToOuterDisposeScope();
    }

    /// <summary>The exact zero-shot top-1 error of a prediction that depends on z alone, over the law of the prompts (ζ discrete): enumeration.</summary>
    /// <remarks>
    /// The K prompts are drawn independently, so P(own prompt wins) = Σ_a P(ζ_z = a) Π_{k≠z} P(prompt k scores less). A tie is an error.
    /// </remarks>
    /// <param name="model">Its ζ must be a <see cref="DiscreteFeature"/>.</param>
    /// <param name="predictions">g for each class: [K, d2].</param>
    /// <param name="rule">How a prompt is chosen.</param>
    /// <exception cref="InputException">ζ is not discrete.</exception>
    public static double ExactError(SharedFeatureModel model, Tensor predictions, ZeroShotRule rule)
    {
        if (model.Settings.TextOnly is not DiscreteFeature zeta)
            throw new InputException("SquareLoss.ExactError", "ζ is not discrete", "Use a DiscreteFeature, or estimate the error by sampling prompts");
        using var scope = NewDisposeScope();
        int classes = model.Settings.Classes, atoms = zeta.Count;
        var chances = zeta.Probabilities(classes).data<double>().ToArray();
        var all = cat([
            model.Vectors.repeat_interleave(atoms, dim: 0), zeta.Atoms().repeat(classes, 1),
        ], 1).matmul(model.TextDictionary.t());
        var scores = PromptScores(predictions, all, rule).data<double>().ToArray();
        double right = 0;
        for (var own = 0; own < classes; own++)
        {
            double Score(int k, int atom) => scores[own * classes * atoms + k * atoms + atom];
            double wins = 0;
            for (var a = 0; a < atoms; a++)
            {
                if (chances[own * atoms + a] == 0) continue;
                var product = chances[own * atoms + a];
                var threshold = Score(own, a);
                for (var k = 0; k < classes && product > 0; k++)
                {
                    if (k == own) continue;
                    double below = 0;
                    for (var b = 0; b < atoms; b++) if (Score(k, b) < threshold) below += chances[k * atoms + b];
                    product *= below;
                }
                wins += product;
            }
            right += model.Probabilities[own] * wins;
        }
        return 1 - right;
    }
}
