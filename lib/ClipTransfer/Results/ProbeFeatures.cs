namespace ClipTransfer.Results;

/// <summary>Which image features a linear probe reads. What the paper took is unknown [?].</summary>
public enum ProbeFeatures
{
    /// <summary>The image embedding before it is given length one, as CyCLIP's public code does [S]: what the loss acts on.</summary>
    Embedding,

    /// <summary>The image tower's output before the projection head, as CLIP's paper does [S].</summary>
    Tower,
}
