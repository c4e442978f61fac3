using ClipTransfer.Data;
using ClipTransfer.Text;
using TorchSharp;

namespace ClipTransfer.Tests.Data;

public sealed class PairLoaderTests : IDisposable
{
    private const int Pairs = 103;
    private const int Batch = 16;
    private readonly ScenePairs _scenes = Scenes.Pairs(Pairs, 5, new SceneOptions { CaptionsPerImage = 3 });
    private readonly PixelStore _store;
    private readonly CaptionTokenizer _tokenizer;
    private readonly PairLoader _loader;

    public PairLoaderTests()
    {
        _store = PixelStore.Open(_scenes, 24);
        _tokenizer = CaptionTokenizer.Train(Enumerable.Range(0, Pairs).SelectMany(i => _scenes.Captions(i)));
        _loader = new PairLoader(_scenes, _store, _tokenizer, Batch, seed: 9);
    }

    public void Dispose() => _store.Dispose();

    [Fact]
    public void An_epoch_visits_every_picture_once_and_drops_less_than_a_batch()
    {
        Assert.Equal(Enumerable.Range(0, Pairs), _loader.Order(4).Order());
        var images = Images(_loader, 4);
        Assert.Equal(Pairs / Batch * Batch, images.Length);
        Assert.Equal(images.Length, images.Distinct().Count());
    }

    [Fact]
    public void Order_and_captions_depend_on_seed_and_epoch_alone()
    {
        var again = new PairLoader(_scenes, _store, _tokenizer, Batch, seed: 9);
        _ = Images(again, 0);
        Assert.Equal(Images(_loader, 3), Images(again, 3));
        Assert.Equal(Tokens(_loader, 3), Tokens(again, 3));
        Assert.NotEqual(Images(_loader, 3), Images(_loader, 4));
        Assert.NotEqual(Images(_loader, 3), Images(new PairLoader(_scenes, _store, _tokenizer, Batch, seed: 10), 3));
    }

    [Fact]
    public void A_batch_alone_equals_the_batch_within_its_epoch()
    {
        using var alone = _loader.Batch(2, 5);
        var index = 0;
        foreach (var batch in _loader.Epoch(2))
        {
            using (batch)
            {
                if (index++ != 5) continue;
                Assert.Equal(alone.Images, batch.Images);
                Assert.True(alone.Pixels.Equals(batch.Pixels));
                Assert.True(alone.Tokens.Equals(batch.Tokens));
            }
        }

        Assert.Equal(_loader.BatchesPerEpoch, index);
    }

    [Fact]
    public void Pixels_and_tokens_are_those_of_the_pair()
    {
        using var batch = _loader.Batch(1, 2);
        Assert.Equal([Batch, 3, 24, 24], batch.Pixels.shape);
        Assert.Equal(torch.ScalarType.Byte, batch.Pixels.dtype);
        Assert.Equal([Batch, _tokenizer.ContextLength], batch.Tokens.shape);
        var image = batch.Images[7];
        var picture = _scenes.ReadImage(image, 24);
        for (var y = 0; y < 24; y += 5)
            for (var x = 0; x < 24; x += 5)
                for (var c = 0; c < 3; c++)
                    Assert.Equal(picture.Pixels[(((y * 24) + x) * 3) + c], batch.Pixels[7, c, y, x].item<byte>());
        var caption = _scenes.Captions(image)[_loader.CaptionOf(image, 1)];
        Assert.Equal(_tokenizer.Encode(caption).Select(id => (long)id), batch.Tokens[7].data<long>().ToArray());
    }

    [Fact]
    public void All_captions_of_a_picture_are_used_evenly()
    {
        const int Epochs = 600;
        var counts = new int[3];
        for (var epoch = 0; epoch < Epochs; epoch++) counts[_loader.CaptionOf(11, epoch)]++;
        var chiSquare = counts.Sum(n => Math.Pow(n - (Epochs / 3.0), 2) / (Epochs / 3.0));
        Assert.InRange(chiSquare, 0, 13.8); // χ² of 2 degrees of freedom exceeds 13.8 once in a thousand
    }

    [Fact]
    public void A_batch_survives_the_dispose_scope_around_it()
    {
        PairBatch batch;
        using (torch.NewDisposeScope()) batch = _loader.Batch(0, 0);
        using (batch) Assert.Equal(Batch, batch.Pixels.shape[0]);
    }

    private static int[] Images(PairLoader loader, int epoch) => [.. loader.Epoch(epoch).SelectMany(Take)];

    private static long[] Tokens(PairLoader loader, int epoch) =>
        [.. loader.Epoch(epoch).SelectMany(batch =>
        {
            using (batch) return batch.Tokens.data<long>().ToArray();
        })];

    private static int[] Take(PairBatch batch)
    {
        using (batch) return batch.Images;
    }
}
