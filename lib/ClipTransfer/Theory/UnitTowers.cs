using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>How two linear towers with unit embeddings are trained.</summary>
/// <param name="EmbedDim">D.</param>
/// <param name="Steps">Adam steps over all training batches.</param>
/// <param name="LearningRate">Adam's step size.</param>
/// <param name="Regulariser">λ of R = mean ‖g(x_i) − h(y_i)‖² = 2 − 2·mean f(x_i, y_i).</param>
/// <param name="Repulsion">Weight of −mean_{i≠j} ‖g(x_i) − h(y_j)‖², see <see cref="UnitTowers.Repulsion"/>.</param>
/// <param name="TrainTemperature">Whether 1/τ is trained too, as log(1/τ), clamped to [0, ln 100] after each step as CLIP does.</param>
public sealed record UnitTowerSettings(
    int EmbedDim = 16, int Steps = 300, double LearningRate = 0.02, double Regulariser = 0, double Repulsion = 0, bool TrainTemperature = false);

/// <summary>What the towers do on fresh data.</summary>
/// <param name="Loss">Batch loss at the end.</param>
/// <param name="GradientNorm">Norm of the gradient over both towers.</param>
/// <param name="Margin">Median prompt margin (cosines).</param>
/// <param name="Error">Zero-shot top-1 error.</param>
/// <param name="Temperature">τ at the end.</param>
/// <param name="Margins">The margins themselves.</param>
public sealed record UnitTowerReport(double Loss, double GradientNorm, double Margin, double Error, double Temperature, IReadOnlyList<double> Margins);

/// <summary>Norm-bounded scores: f = ⟨Ax/‖Ax‖, Cy/‖Cy‖⟩ ∈ [−1, 1], trained by gradient descent (Adam). Here a margin cannot grow for ever.</summary>
public static class UnitTowers
{
    /// <summary>Trains and judges one pair of towers.</summary>
    /// <param name="settings">Data and sizes.</param>
    /// <param name="towers">How to train.</param>
    /// <param name="temperature">τ, or where it starts.</param>
    /// <param name="seed">The seed.</param>
    public static UnitTowerReport Train(LinearStudySettings settings, UnitTowerSettings towers, double temperature, long seed)
    {
        using var scope = NewDisposeScope();
        using var gradient = enable_grad();
        using var study = new LinearStudy(settings, seed);
        using var generator = new Generator((ulong)Seeds.Derive(seed, "study/towers"));
        Tensor Tower(int width) => randn(towers.EmbedDim, width, dtype: float64, generator: generator).div_(Math.Sqrt(width)).requires_grad_(true);
        Tensor image = Tower(study.Model.ImageDim), text = Tower(study.Model.TextDim);
        var logScale = tensor(-Math.Log(temperature), dtype: float64).requires_grad_(towers.TrainTemperature);
        var parameters = new[] { image, text }.Concat(towers.TrainTemperature ? [logScale] : []).Select(p => new TorchSharp.Modules.Parameter(p)).ToArray();
        (image, text) = (parameters[0], parameters[1]);
        if (towers.TrainTemperature) logScale = parameters[2];
        using var adam = optim.Adam(parameters, towers.LearningRate);

        double loss = 0, norm = 0;
        for (var step = 0; step <= towers.Steps; step++)
        {
            Interrupt.Token.ThrowIfCancellationRequested();
            using var stepScope = NewDisposeScope();
            adam.zero_grad();
            var total = Loss(study.Train, image, text, logScale, towers, out var contrastive);
            total.backward();
            loss = contrastive.item<double>();
            norm = Math.Sqrt(image.grad!.square().sum().item<double>() + text.grad!.square().sum().item<double>());
            if (step == towers.Steps) break;
            adam.step();
            if (towers.TrainTemperature) using (no_grad()) logScale.clamp_(0, Math.Log(100));
        }
        using var noGradient = no_grad();
        var margins = TestMargins(study, image, text);
        var sample = new MarginSample(MarginKind.BestOther, MarginDirection.ImageToText, margins);
        return new UnitTowerReport(loss, norm, sample.Median.Value, 1 - sample.SharePositive.Value, Math.Exp(-logScale.item<double>()), margins);
    }

    private static Tensor Embed(Tensor features, Tensor tower) => nn.functional.normalize(features.matmul(tower.t()), dim: -1);

    /// <summary>
    /// The repelling regulariser of negative pairs (ours): −mean_{i≠j} ‖g(x_i) − h(y_j)‖² = 2·mean_{i≠j} f(x_i, y_j) − 2 for unit embeddings, at least −4. In the
    /// linear model it has no lower bound, so that it is used here only.
    /// </summary>
    /// <param name="scores">f of batches, <c>[n, B, B]</c>, B at least 2.</param>
    public static Tensor Repulsion(Tensor scores)
    {
        var (batches, size) = (scores.shape[0], scores.shape[1]);
        return 2 * (scores.sum() - scores.diagonal(0, 1, 2).sum()) / (batches * size * (size - 1)) - 2;
    }

    private static Tensor Loss(PairSample batches, Tensor image, Tensor text, Tensor logScale, UnitTowerSettings towers, out Tensor contrastive)
    {
        var f = Embed(batches.Image, image).matmul(Embed(batches.Text, text).transpose(1, 2));
        var a = f * logScale.exp();
        var own = f.diagonal(0, 1, 2).mean();
        contrastive = a.logsumexp(2).mean() + a.logsumexp(1).mean() - 2 * own * logScale.exp();
        return contrastive + towers.Regulariser * (2 - 2 * own) + towers.Repulsion * Repulsion(f);
    }

    private static List<double> TestMargins(LinearStudy study, Tensor image, Tensor text)
    {
        var margins = new List<double>();
        using var test = study.Model.Sample(study.Settings.TestImages, Seeds.Derive(study.Seed, "study/test"));
        for (var set = 0; set < study.Settings.PromptSets; set++)
        {
            using var scope = NewDisposeScope();
            var prompts = study.Model.SamplePrompts(Seeds.Derive(study.Seed, "study/prompts", set));
            var f = Embed(test.Image, image).matmul(Embed(prompts, text).t());
            margins.AddRange(Margins.OfPromptSet(f, test.Classes, MarginKind.BestOther).Values);
        }
        return margins;
    }
}
