using System.Text.Json.Serialization;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>The kind and size of an image tower. In JSON the field <c>kind</c>, first of all, says which.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ImageEncoderSettings), "residual")]
[JsonDerivedType(typeof(ResNetSettings), "resnet")]
[JsonDerivedType(typeof(ClipResNetSettings), "clip-resnet")]
[JsonDerivedType(typeof(VisionTransformerSettings), "clip-vit")]
public abstract record ImageTowerSettings
{
    /// <summary>Width of the feature that the tower gives.</summary>
    [JsonIgnore]
    public abstract int FeatureWidth { get; }

    /// <summary>Whether the linear head behind it has an offset: only CLIP's attention pool does.</summary>
    [JsonIgnore]
    public virtual bool ProjectionBias => false;

    /// <summary>Makes the tower: normalised pixels <c>[B, 3, H, W]</c> to <c>[B, FeatureWidth]</c>.</summary>
    /// <exception cref="Runtime.InputException">The numbers do not fit together.</exception>
    internal abstract Module<Tensor, Tensor> Build();
}
