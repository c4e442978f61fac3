namespace ClipTransfer.Runtime;

/// <summary>The number format that convolutions, linear layers and embeddings compute in; weights are kept in float32 whatever it is.</summary>
public enum Precision
{
    /// <summary>float32: 24 bits of precision.</summary>
    Float32,

    /// <summary>bfloat16: float32's range with 8 bits of precision. Faster where the processor has instructions for it, else slower.</summary>
    BFloat16,

    /// <summary>
    /// What a short measurement on this machine finds faster: see <see cref="PrecisionPolicy.Choose"/>. A resumed run keeps what its checkpoint was made in; bit-equality after
    /// a kill before the first checkpoint needs one of the fixed ones.
    /// </summary>
    Auto,
}
