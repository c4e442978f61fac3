using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>Zero-shot top-1 errors of the square loss and of CLIP on one model.</summary>
/// <param name="Regression">The Bayes regression E[y|x], prompts by inner product (the paper's rule).</param>
/// <param name="ByDistance">The same, prompts by distance.</param>
/// <param name="Optimal">CLIP's W*.</param>
/// <param name="Trained">W trained on the contrastive loss.</param>
public sealed record SquareLossPoint(double Regression, double ByDistance, double Optimal, double Trained);

/// <summary>What a trained CLIP does on the paper's worked instance.</summary>
/// <param name="WorstMargin">The exact smallest margin over every image and every prompt.</param>
/// <param name="Error">The zero-shot error on sampled images and prompts.</param>
/// <param name="Iterations">Of the solver.</param>
public sealed record WorkedInstancePoint(double WorstMargin, double Error, int Iterations);

/// <summary>A regression learned from samples against the Bayes optimum.</summary>
/// <param name="ClassMeans">Zero-shot error of the mean text of each class, the regression with no assumption on its form.</param>
/// <param name="Linear">Zero-shot error of the linear least-squares fit.</param>
/// <param name="Bayes">Zero-shot error of E[y|x].</param>
/// <param name="Distance">Mean ‖ĝ(v_k) − E[y|v_k]‖ of the class means.</param>
public sealed record LearnedRegressionPoint(double ClassMeans, double Linear, double Bayes, double Distance);

/// <summary>Where the square loss fails and CLIP does not (Theorem 5.6, Corollary 5.7 [S]), and where it does not fail.</summary>
public static class SquareLossStudy
{
    /// <summary>Errors on one model.</summary>
    /// <param name="task">The data's law, and what CLIP is trained on.</param>
    /// <param name="temperature">τ of the training.</param>
    /// <param name="seed">Model, training set, images and prompts.</param>
    /// <param name="options">How much to draw.</param>
    /// <param name="iterations">Of the solver, at most.</param>
    public static SquareLossPoint Compare(LinearTask task, double temperature, long seed, PromptTransferOptions? options = null, int iterations = 60) =>
        task.With(seed, (model, batches) =>
        {
            double Error(PromptScore score) => PromptTransfer.Measure(model, score, temperature, seed, options).Top1Error;
            var bayes = SquareLoss.Bayes(model);
            var trained = ConvexSolver.Minimise(LinearTask.Function(batches, LinearObjective.Clip(temperature)), LinearTask.Zero(model), iterations, 1e-5).Map;
            return new SquareLossPoint(
                Error(PromptTransfer.Regression(bayes, ZeroShotRule.InnerProduct)), Error(PromptTransfer.Regression(bayes, ZeroShotRule.Distance)),
                Error(PromptTransfer.Linear(model.OptimalMap())), Error(PromptTransfer.Linear(trained)));
        });

    /// <summary>Trains CLIP on the worked instance of Corollary 5.7 and looks for any image and prompts on which it errs.</summary>
    /// <param name="classes">K.</param>
    /// <param name="batches">n batches of 2K pairs.</param>
    /// <param name="temperature">τ.</param>
    /// <param name="seed">Training set, images and prompts.</param>
    /// <param name="iterations">Of the solver, at most.</param>
    public static WorkedInstancePoint TrainOnWorkedInstance(int classes, int batches, double temperature, long seed, int iterations = 80)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = new WorkedInstance(classes, new Rational(3, 10)).ToModel();
        var training = model.SampleBatches(batches, 2 * classes, Seeds.Derive(seed, "theory/training"));
        var end = ConvexSolver.Minimise(LinearTask.Function(training, LinearObjective.Clip(temperature)), LinearTask.Zero(model), iterations, 1e-5);
        return new WorkedInstancePoint(
            PromptTransfer.WorstMargin(model, end.Map), PromptTransfer.Measure(model, PromptTransfer.Linear(end.Map), temperature, seed).Top1Error, end.Iterations);
    }

    /// <summary>Fits the regression on n pairs and compares its zero-shot error with the Bayes regression's.</summary>
    /// <param name="data">The law.</param>
    /// <param name="pairs">n.</param>
    /// <param name="seed">Model, pairs, images and prompts.</param>
    /// <param name="options">How much to draw.</param>
    public static LearnedRegressionPoint Learn(SharedFeatureSettings data, int pairs, long seed, PromptTransferOptions? options = null)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = new SharedFeatureModel(data with { Seed = seed });
        var sample = model.Sample(pairs, Seeds.Derive(seed, "theory/training"));
        double Error(PromptScore score) => PromptTransfer.Measure(model, score, 1, seed, options).Top1Error;
        var (means, bayes) = (SquareLoss.FitClassMeans(sample, data.Classes), SquareLoss.Bayes(model));
        return new LearnedRegressionPoint(
            Error(PromptTransfer.Regression(means, ZeroShotRule.InnerProduct)), Error(PromptTransfer.Linear(SquareLoss.FitLinear(sample))),
            Error(PromptTransfer.Regression(bayes, ZeroShotRule.InnerProduct)), (means - bayes).norm(1, false, 2).mean().item<double>());
    }
}
