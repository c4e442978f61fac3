using System.Text.Json.Serialization;

namespace ClipTransfer.Results;

/// <summary>What a trained model is tested on: labelled sets by name, and how many pictures of each.</summary>
public sealed record TransferSettings
{
    /// <summary>Sets for zero-shot classification, see <see cref="DownstreamSet"/>.</summary>
    public IReadOnlyList<string> ZeroShot { get; init; } = ["scenes/shape-colour", "scenes/shape", "scenes/colour", "scenes/new-backdrops", "scenes/outlines", "scenes/texture"];

    /// <summary>Sets for linear probes.</summary>
    public IReadOnlyList<string> Probe { get; init; } =
        ["scenes/shape-colour", "scenes/shape", "scenes/colour", "scenes/new-backdrops", "scenes/outlines", "scenes/texture", "scenes/backdrop"];

    /// <summary>Most test pictures of each set.</summary>
    public int TestImages { get; init; } = 1_024;

    /// <summary>Most training pictures of each probe.</summary>
    public int ProbeImages { get; init; } = 1_024;

    /// <summary>k of the stratified k-fold by which sets without a training split are probed.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>What the probes read.</summary>
    public ProbeFeatures Features { get; init; } = ProbeFeatures.Embedding;

    /// <summary>Which classifier they fit.</summary>
    // Left out where it is the usual one, so that runs without it keep their keys.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ProbeClassifier Classifier { get; init; } = ProbeClassifier.LogisticRegression;

    /// <summary>k of neighbourhood purity and of the vote of nearest neighbours.</summary>
    public int Neighbours { get; init; } = 10;

    /// <summary>What is measured of the joint space; null measures none.</summary>
    // Left out where it is null, so that runs without it keep their keys.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JointSpaceSettings? JointSpace { get; init; }
}
