using ClipTransfer.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ClipTransfer.Benchmarks;

/// <summary>The function of <see cref="TransformerTextEncoder"/>, as a TorchSharp user writes it: every position of every padded text through every block, then the end token's row.</summary>
internal sealed class PlainTextTower : Module<Tensor, Tensor>
{
    private readonly Embedding _tokens;
    private readonly Parameter _positions;
    private readonly List<(LayerNorm Norm1, Linear Query, Linear KeyValue, Linear Output, LayerNorm Norm2, Linear Expand, Linear Contract)> _blocks = [];
    private readonly LayerNorm _norm;
    private readonly TextEncoderSettings _settings;

    public PlainTextTower(TextEncoderSettings settings)
        : base(nameof(PlainTextTower))
    {
        _settings = settings;
        var width = settings.Width;
        _tokens = Add("tokens", Embedding(settings.VocabularySize, width));
        _positions = new Parameter(0.01 * randn(settings.ContextLength, width));
        register_parameter("positions", _positions);
        for (var k = 0; k < settings.Layers; k++)
        {
            _blocks.Add((
                Add($"{k}attentionNorm", LayerNorm(width)), Add($"{k}query", Linear(width, width)), Add($"{k}keyValue", Linear(width, 2 * width)),
                Add($"{k}output", Linear(width, width)), Add($"{k}mlpNorm", LayerNorm(width)), Add($"{k}expand", Linear(width, 4 * width)), Add($"{k}contract", Linear(4 * width, width))));
        }

        _norm = Add("norm", LayerNorm(width));
    }

    public override Tensor forward(Tensor input)
    {
        var (batch, length) = (input.shape[0], input.shape[1]);
        var x = _tokens.call(input) + _positions;
        foreach (var block in _blocks)
        {
            var h = block.Norm1.call(x);
            var both = block.KeyValue.call(h).chunk(2, -1);
            var attended = functional.scaled_dot_product_attention(Heads(block.Query.call(h)), Heads(both[0]), Heads(both[1]), is_casual: true);
            x = x + block.Output.call(attended.transpose(1, 2).reshape(batch, length, _settings.Width));
            x = x + block.Contract.call(functional.gelu(block.Expand.call(block.Norm2.call(x))));
        }

        var ends = input.eq(_settings.EndId).to(ScalarType.Int64).argmax(1);
        return _norm.call(x)[arange(batch), ends];

        Tensor Heads(Tensor t) => t.reshape(batch, length, _settings.Heads, _settings.Width / _settings.Heads).transpose(1, 2);
    }

    private T Add<T>(string name, T layer)
        where T : Module
    {
        register_module(name, layer);
        return layer;
    }
}
