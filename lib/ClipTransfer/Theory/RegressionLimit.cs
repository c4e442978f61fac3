using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>The other side of the regulariser: as λ → ∞, CLIP+Reg tends to the regression of the square loss, and inherits its failure.</summary>
public static class RegressionLimit
{
    /// <summary>Exact zero-shot error (over the law of the prompts) of the minimiser of L + λR, averaged over fresh pictures.</summary>
    /// <param name="settings">Data with a discrete ζ, and sizes.</param>
    /// <param name="temperature">τ.</param>
    /// <param name="weight">λ &gt; 0; infinity gives the regression itself, learned from the same pairs.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="pictures">Pictures of each class.</param>
    public static double Error(LinearStudySettings settings, double temperature, double weight, long seed, int pictures = 10)
    {
        using var scope = NewDisposeScope();
        using var study = new LinearStudy(settings, seed);
        var map = double.IsPositiveInfinity(weight) ? study.Regression() : study.Minimise(LinearObjective.ClipReg(temperature, weight)).Map;
        using var generator = new Generator((ulong)Runtime.Seeds.Derive(seed, "study/pictures"));
        var classes = arange(study.Model.Settings.Classes, dtype: int64);
        return Enumerable.Range(0, pictures).Average(_ =>
            SquareLoss.ExactError(study.Model, study.Model.SampleImages(classes, generator).matmul(map.t()), ZeroShotRule.InnerProduct));
    }
}
