using ClipTransfer.Data;
using ClipTransfer.Losses;
using ClipTransfer.Models;
using ClipTransfer.Runtime;
using ClipTransfer.Text;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Models;

[Trait("Category", "Slow")]
public class PaperModelTests
{
    private const int Pairs = 4, Pixels = 224, Steps = 6;

    [Fact]
    public void ResNet50_and_DistilBert_learn_a_batch_of_photographs_on_the_cpu()
    {
        var folder = SharedData();
        IPairSource pairs = folder is null ? Scenes.Pairs(Pairs, 0) : Flickr8k.Open(folder, "train");
        var captions = Enumerable.Range(0, Pairs).Select(i => pairs.Captions(i)[0]).ToArray();
        var tokenizer = CaptionTokenizer.Train(captions);
        Seeds.Fix(1);
        using var scope = NewDisposeScope();
        // Without the tower's dropout, so that few steps on one batch show the way down.
        var settings = DualEncoderSettings.Paper with { Text = DistilBertSettings.Base with { Dropout = 0 } };
        using var model = new DualEncoder(settings.ForTokens(tokenizer.VocabularySize, tokenizer.ContextLength, tokenizer.EndId));
        using var optimizer = optim.AdamW(model.parameters(), lr: 2e-4);
        var pixels = PixelNormalisation.Apply(Batch(pairs));
        var tokens = tokenizer.EncodeBatch(captions);
        var means = model.named_buffers().Single(b => b.name == "image.layer4.2.bn3.running_mean").buffer;
        var losses = new List<double>();
        for (var step = 0; step < Steps; step++)
        {
            using var inner = NewDisposeScope();
            model.train();
            optimizer.zero_grad();
            var loss = new ClipLoss().Compute(model.EncodeImage(pixels), model.EncodeText(tokens), model.LogitScale.Value()).Total;
            loss.backward();
            Assert.True(model.parameters().All(p => p.grad is null || p.grad.isfinite().all().item<bool>()));
            optimizer.step();
            losses.Add(loss.item<float>());
        }

        Assert.All(losses, loss => Assert.True(double.IsFinite(loss)));
        Assert.True(losses.TakeLast(2).Max() < losses[0] - 0.05, string.Join(", ", losses));
        Assert.True(means.abs().sum().item<float>() > 0); // the running statistics followed
    }

    private static Tensor Batch(IPairSource pairs)
    {
        var planes = new byte[Pairs * 3 * Pixels * Pixels];
        for (var i = 0; i < Pairs; i++) pairs.ReadImage(i, Pixels).CopyPlanes(planes.AsSpan(i * 3 * Pixels * Pixels, 3 * Pixels * Pixels));
        return tensor(planes, [Pairs, 3, Pixels, Pixels], dtype: uint8);
    }

    // The folder beside the repository, where the machine has one.
    private static string? SharedData()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var data = Path.Combine(folder.FullName, "shared", "data");
            if (Directory.Exists(Path.Combine(data, "flickr8k"))) return data;
        }

        return null;
    }
}
