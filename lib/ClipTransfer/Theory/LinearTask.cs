using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>A training problem for the linear score: the data's law and how many batches of which size are drawn from it.</summary>
/// <param name="Data">The law; a study replaces its seed.</param>
/// <param name="Batches">n.</param>
/// <param name="Batch">B.</param>
/// <param name="Distinct">Draw the classes of a batch without replacement: no unintended positives. Not the paper's law.</param>
public sealed record LinearTask(SharedFeatureSettings Data, int Batches, int Batch, bool Distinct = false)
{
    /// <summary>Draws a model and a training set from a seed, and hands them to a study; its tensors are gone afterwards.</summary>
    /// <param name="seed">Of the model and of the training set.</param>
    /// <param name="study">Must return plain numbers.</param>
    public TResult With<TResult>(long seed, Func<SharedFeatureModel, PairSample, TResult> study)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = new SharedFeatureModel(Data with { Seed = seed });
        return study(model, model.SampleBatches(Batches, Batch, Seeds.Derive(seed, "theory/training"), Distinct));
    }

    /// <summary>W⁰ = 0.</summary>
    /// <param name="model">Gives the shape.</param>
    public static Tensor Zero(SharedFeatureModel model) => zeros(model.TextDim, model.ImageDim, dtype: float64);

    /// <summary>The objective on a training set, as a solver takes it.</summary>
    /// <param name="batches">[n, B, ·].</param>
    /// <param name="objective">What to minimise.</param>
    public static SmoothFunction Function(PairSample batches, LinearObjective objective) => map => LinearClip.Evaluate(map, batches, objective);

    /// <summary>The least that the batch loss of a training set can be for scores that tell classes apart and nothing else: mean 2·log m over its pairs.</summary>
    /// <remarks>
    /// m counts the pairs of the batch with the anchor's class. Without unique features it is the infimum over every score (the texts of one class are
    /// equal); without unintended positives it is 0 and the infimum whatever the features, since W* separates the classes.
    /// </remarks>
    /// <param name="batches">The training set.</param>
    public static double Floor(PairSample batches)
    {
        using var scope = NewDisposeScope();
        var same = batches.Classes.unsqueeze(2).eq(batches.Classes.unsqueeze(1)).to(float64).sum(2);
        return 2 * same.log().mean().item<double>();
    }
}
