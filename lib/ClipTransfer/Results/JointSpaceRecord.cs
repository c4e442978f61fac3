namespace ClipTransfer.Results;

/// <summary>The joint space before training and after it.</summary>
/// <param name="Untrained">With the first weights, which methods of one seed share; null where that was not asked for.</param>
/// <param name="Trained">At the end.</param>
public sealed record JointSpaceRecord(JointSpaceResult? Untrained, JointSpaceResult Trained);
