using ClipTransfer.Data;
using TorchSharp;

namespace ClipTransfer.Tests.Data;

public class PixelNormalisationTests
{
    [Fact]
    public void Bytes_become_the_numbers_that_the_definition_gives()
    {
        using var bytes = torch.arange(256, dtype: torch.float32).to(torch.uint8).reshape(1, 1, 16, 16).expand(1, 3, 16, 16).contiguous();
        using var normal = PixelNormalisation.Apply(bytes);
        Assert.Equal(torch.float32, normal.dtype);
        for (var c = 0; c < 3; c++)
            for (var value = 0; value < 256; value += 17)
                Assert.Equal(((value / 255.0) - PixelNormalisation.Mean[c]) / PixelNormalisation.Deviation[c], normal[0, c, value / 16, value % 16].item<float>(), 5);
    }
}
