using ClipTransfer.Models;

namespace ClipTransfer.Training.Distributed;

/// <summary>Batch statistics over the rows of all processes.</summary>
public static class SyncBatchNorm
{
    /// <summary>Lets a model's batch normalisations sum over processes, forward and backward; null lets each process normalise its own rows again.</summary>
    public static void Share(DualEncoder model, ICommunicator? across)
    {
        foreach (var norm in model.modules().OfType<BatchNormalisation>()) norm.SumAcross = across is null ? null : sums => SumAcross.Of(across, sums);
    }
}
