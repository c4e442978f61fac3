namespace ClipTransfer.Training;

/// <summary>Neighbouring numbers of the flat buffer that are treated alike.</summary>
/// <param name="Part">Whose learning rate they have.</param>
/// <param name="Decayed">Whether weight decay pulls on them: matrices and kernels yes; norms, biases and the logit scale no.</param>
/// <param name="FollowsPrecision">Whether their layer computes in the policy's precision (convolution, linear, embedding) or in float32 always.</param>
/// <param name="Offset">Where they start.</param>
/// <param name="Length">How many.</param>
/// <param name="Names">The parameters in them, in order.</param>
public sealed record ParameterRange(ModelPart Part, bool Decayed, bool FollowsPrecision, long Offset, long Length, IReadOnlyList<string> Names);
