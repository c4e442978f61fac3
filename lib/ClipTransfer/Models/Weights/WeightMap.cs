using System.Text.RegularExpressions;
using ClipTransfer.Runtime;

namespace ClipTransfer.Models.Weights;

/// <summary>How a model's names and a public checkpoint's map one to one.</summary>
/// <param name="Kind">What the checkpoint is, for messages.</param>
/// <param name="Names">Every tensor that is read or written.</param>
/// <param name="Ignored">Names of the checkpoint that have no place in the model, such as a classification layer's.</param>
public sealed partial record WeightMap(string Kind, IReadOnlyList<WeightName> Names, Regex Ignored)
{
    private const string Image = "image.";
    private const string Text = "text.";

    /// <summary>A whole CLIP as OpenAI and open_clip name it.</summary>
    /// <exception cref="InputException">The model's towers or heads are not CLIP's.</exception>
    public static WeightMap Clip(DualEncoder model)
    {
        if (model.Settings.Image is not (ClipResNetSettings or VisionTransformerSettings) || model.Settings.Text is not ClipTextSettings || model.Settings.Projection != ProjectionKind.Linear)
            throw new InputException($"model '{model.Settings.Name}'", "is no CLIP of OpenAI's or open_clip's make", "Use one of the Clip… sizes, or read and write its towers alone");
        var attentionPool = model.Settings.Image is ClipResNetSettings;
        return new WeightMap("CLIP", [.. model.state_dict().Keys.Select(name => name switch
        {
            "logitScale.log" => new WeightName(name, "logit_scale"),
            "textProjection.weight" => new WeightName(name, "text_projection", Transposed: true),
            "imageProjection.weight" when !attentionPool => new WeightName(name, "visual.proj", Transposed: true),
            "imageProjection.weight" or "imageProjection.bias" => new WeightName(name, "visual.attnpool.c_proj" + name["imageProjection".Length..]),
            _ => ClipTower(name),
        })], ClipExtras());
    }

    /// <summary>The image tower alone: torchvision's and timm's names for <see cref="ResNet"/>, the names below <c>visual</c> of a whole CLIP for CLIP's.</summary>
    /// <exception cref="InputException">The tower is this project's own.</exception>
    public static WeightMap ImageTower(DualEncoder model)
    {
        var names = model.state_dict().Keys.Where(name => name.StartsWith(Image, StringComparison.Ordinal));
        return model.Settings.Image switch
        {
            ResNetSettings => new WeightMap("ResNet", [.. names.Select(name => new WeightName(name, name[Image.Length..], Optional: IsCounter(name)))], Classifier()),
            ClipResNetSettings or VisionTransformerSettings => new WeightMap("CLIP's image tower", [.. names.Select(ClipTower)], BesidesClipImages()),
            _ => throw new InputException($"model '{model.Settings.Name}'", "has an image tower that no public weights fit", "Use resnet, clip-resnet or clip-vit"),
        };
    }

    /// <summary>The text tower alone: Hugging Face's names for <see cref="DistilBert"/>, the names of a whole CLIP for CLIP's.</summary>
    /// <exception cref="InputException">The tower is this project's own.</exception>
    public static WeightMap TextTower(DualEncoder model)
    {
        var names = model.state_dict().Keys.Where(name => name.StartsWith(Text, StringComparison.Ordinal));
        return model.Settings.Text switch
        {
            DistilBertSettings => new WeightMap("DistilBERT", [.. names.Select(name => new WeightName(name, name[Text.Length..]))], LanguageHeads()),
            ClipTextSettings => new WeightMap("CLIP's text tower", [.. names.Select(ClipTower)], BesidesClipTexts()),
            _ => throw new InputException($"model '{model.Settings.Name}'", "has a text tower that no public weights fit", "Use distilbert or clip-text"),
        };
    }

    /// <summary>A name of a checkpoint without what wrappers put before it: <c>module.</c> (data parallel), <c>distilbert.</c> (a model with a head).</summary>
    public static string Bare(string name)
    {
        foreach (var prefix in new[] { "module.", "distilbert." })
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal)) name = name[prefix.Length..];
        }

        return name;
    }

    private static WeightName ClipTower(string name)
    {
        var file = name.StartsWith(Image, StringComparison.Ordinal) ? "visual." + name[Image.Length..] : name[Text.Length..];
        // PyTorch's MultiheadAttention holds this matrix itself, not as a layer.
        return new WeightName(name, file.Replace("attn.in_proj.", "attn.in_proj_", StringComparison.Ordinal), Optional: IsCounter(name));
    }

    private static bool IsCounter(string name) => name.EndsWith(".num_batches_tracked", StringComparison.Ordinal);

    // OpenAI's archives note their sizes as tensors, and keep the causal mask.
    [GeneratedRegex(@"^(input_resolution|context_length|vocab_size)$|(^|\.)attn_mask$")]
    private static partial Regex ClipExtras();

    [GeneratedRegex(@"^fc\.(weight|bias)$")]
    private static partial Regex Classifier();

    [GeneratedRegex(@"^(vocab_transform|vocab_layer_norm|vocab_projector|pre_classifier|classifier|qa_outputs)\.|^embeddings\.position_ids$")]
    private static partial Regex LanguageHeads();

    [GeneratedRegex(@"^(?!visual\.)|^visual\.proj$|^visual\.attnpool\.c_proj\.|(^|\.)attn_mask$")]
    private static partial Regex BesidesClipImages();

    [GeneratedRegex(@"^visual\.|^(text_projection|logit_scale|input_resolution|context_length|vocab_size)$|(^|\.)attn_mask$")]
    private static partial Regex BesidesClipTexts();
}
