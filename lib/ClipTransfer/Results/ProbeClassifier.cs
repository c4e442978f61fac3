namespace ClipTransfer.Results;

/// <summary>Which linear classifier a probe fits. What the paper took is unknown [?].</summary>
public enum ProbeClassifier
{
    /// <summary>Logistic regression by L-BFGS with λ chosen on a validation part, as CLIP's paper does [S]: <see cref="Evaluation.LinearProbe"/>.</summary>
    LogisticRegression,

    /// <summary>32 epochs of AdamW in batches of 16, as CyCLIP's public code does [S]: <see cref="Evaluation.GradientProbe"/>.</summary>
    AdamW,
}
