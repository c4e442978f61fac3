using System.Text.Json;
using System.Text.Json.Nodes;
using ClipTransfer.Runtime;

namespace ClipTransfer.Models.Weights;

/// <summary>Exports with the configuration that the public libraries read beside the weights.</summary>
public static class PublicConfiguration
{
    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>Writes a folder that open_clip opens: <c>open_clip.create_model("local-dir:FOLDER")</c>.</summary>
    /// <exception cref="InputException">The model is no CLIP of that make, or the folder cannot be written.</exception>
    public static void ExportOpenClip(DualEncoder model, string folder)
    {
        PublicWeights.Export(model, Path.Combine(folder, "open_clip_model.safetensors"), WeightMap.Clip(model));
        var text = (ClipTextSettings)model.Settings.Text;
        var activation = text.Activation;
        JsonObject vision;
        if (model.Settings.Image is VisionTransformerSettings vit)
        {
            if (vit.Activation != activation) throw new InputException($"model '{model.Settings.Name}'", "has other activations in one tower than in the other, which open_clip cannot say", "Use one for both");
            vision = new JsonObject { ["image_size"] = vit.Pixels, ["layers"] = vit.Layers, ["width"] = vit.Width, ["patch_size"] = vit.Patch, ["head_width"] = vit.Width / vit.Heads };
        }
        else
        {
            var net = (ClipResNetSettings)model.Settings.Image;
            vision = new JsonObject
            {
                ["image_size"] = net.Pixels,
                ["layers"] = new JsonArray([.. net.Blocks.Select(count => (JsonNode)count)]),
                ["width"] = net.Width,
                ["patch_size"] = null,
                ["head_width"] = net.FeatureWidth / net.Heads,
            };
        }

        Write(Path.Combine(folder, "open_clip_config.json"), new JsonObject
        {
            ["model_cfg"] = new JsonObject
            {
                ["embed_dim"] = model.Settings.EmbedDim,
                ["quick_gelu"] = activation == Activation.QuickGelu,
                ["vision_cfg"] = vision,
                ["text_cfg"] = new JsonObject
                {
                    ["context_length"] = text.ContextLength,
                    ["vocab_size"] = text.VocabularySize,
                    ["width"] = text.Width,
                    ["heads"] = text.Heads,
                    ["layers"] = text.Layers,
                },
            },
        });
    }

    /// <summary>Writes a DistilBERT tower as a folder that transformers opens: <c>DistilBertModel.from_pretrained("FOLDER")</c>.</summary>
    /// <exception cref="InputException">The text tower is another, or the folder cannot be written.</exception>
    public static void ExportDistilBert(DualEncoder model, string folder)
    {
        if (model.Settings.Text is not DistilBertSettings text) throw new InputException($"model '{model.Settings.Name}'", "has no DistilBERT", "Use a text tower of the kind distilbert");
        PublicWeights.Export(model, Path.Combine(folder, "model.safetensors"), WeightMap.TextTower(model));
        Write(Path.Combine(folder, "config.json"), new JsonObject
        {
            ["architectures"] = new JsonArray("DistilBertModel"),
            ["model_type"] = "distilbert",
            ["activation"] = "gelu",
            ["dim"] = text.Width,
            ["hidden_dim"] = text.InnerWidth,
            ["n_heads"] = text.Heads,
            ["n_layers"] = text.Layers,
            ["vocab_size"] = text.VocabularySize,
            ["max_position_embeddings"] = text.Positions,
            ["dropout"] = text.Dropout,
            ["attention_dropout"] = text.Dropout,
            ["initializer_range"] = DistilBert.FirstStd,
            ["pad_token_id"] = 0,
            ["sinusoidal_pos_embds"] = false,
        });
    }

    private static void Write(string path, JsonObject document) => AtomicFile.WriteText(path, document.ToJsonString(_indented) + "\n");
}
