using System.Text.Json.Serialization;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Models;

/// <summary>The kind and size of a text tower. In JSON the field <c>kind</c>, first of all, says which.</summary>
/// <param name="VocabularySize">Token ids are 0 … VocabularySize − 1.</param>
/// <param name="ContextLength">L, the longest sequence.</param>
/// <param name="EndId">The token that ends a text.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(TextEncoderSettings), "transformer")]
[JsonDerivedType(typeof(DistilBertSettings), "distilbert")]
[JsonDerivedType(typeof(ClipTextSettings), "clip-text")]
public abstract record TextTowerSettings(int VocabularySize, int ContextLength, int EndId)
{
    /// <summary>Width of the feature that the tower gives.</summary>
    [JsonIgnore]
    public abstract int FeatureWidth { get; }

    /// <summary>Makes the tower: token ids <c>[B, L] int64</c> to <c>[B, FeatureWidth]</c>.</summary>
    /// <exception cref="Runtime.InputException">The numbers do not fit together.</exception>
    internal abstract Module<Tensor, Tensor> Build();
}
