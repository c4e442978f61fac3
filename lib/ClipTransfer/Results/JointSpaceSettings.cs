namespace ClipTransfer.Results;

/// <summary>What is measured of the joint space beside geometry, margins and retrieval, before training and after it.</summary>
public sealed record JointSpaceSettings
{
    /// <summary>Scenes that each factor probe is fitted on; the held-out pairs test it.</summary>
    public int ProbePairs { get; init; } = 1_024;

    /// <summary>How many (x, y, x', y') α and γ are estimated from.</summary>
    public int Quadruples { get; init; } = 50_000;

    /// <summary>Whether the untrained encoders are measured too: what survives is what is left of what was there.</summary>
    public bool Untrained { get; init; } = true;
}
