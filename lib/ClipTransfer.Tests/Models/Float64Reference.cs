using static TorchSharp.torch;

namespace ClipTransfer.Tests.Models;

/// <summary>The layers of the encoders a second time: loops over plain arrays of doubles, from the papers' formulas and the published parameter names.</summary>
internal sealed class Float64Reference(nn.Module module)
{
    private readonly Dictionary<string, (long[] Shape, double[] Values)> _weights = module.state_dict().ToDictionary(
        e => e.Key, e => (e.Value.shape, e.Value.detach().cpu().to(ScalarType.Float64).contiguous().data<double>().ToArray()));

    public static double[,,] Image(Tensor pixels, int row)
    {
        using var scope = NewDisposeScope();
        return (double[,,])pixels[row].to(ScalarType.Float64).contiguous().data<double>().ToNDArray();
    }

    public static double[] Mean(double[,,] x)
    {
        var mean = new double[x.GetLength(0)];
        for (var c = 0; c < mean.Length; c++)
        {
            for (var i = 0; i < x.GetLength(1); i++)
                for (var j = 0; j < x.GetLength(2); j++)
                    mean[c] += x[c, i, j] / (x.GetLength(1) * x.GetLength(2));
        }

        return mean;
    }

    public double[] ResNet(double[,,] image, int[] blocks)
    {
        var x = Pool(Relu(BatchNorm(Conv(image, "conv1", 2, 3), "bn1")), 3, 2, 1, max: true);
        for (var stage = 0; stage < 4; stage++)
            for (var k = 0; k < blocks[stage]; k++)
                x = BlockOf(x, $"layer{stage + 1}.{k}", stage > 0 && k == 0 ? 2 : 1, averaging: false);
        return Mean(x);
    }

    public double[] ClipResNet(double[,,] image, int[] blocks, int heads)
    {
        var x = Relu(BatchNorm(Conv(image, "conv1", 2, 1), "bn1"));
        x = Relu(BatchNorm(Conv(x, "conv2", 1, 1), "bn2"));
        x = Pool(Relu(BatchNorm(Conv(x, "conv3", 1, 1), "bn3")), 2, 2, 0, max: false);
        for (var stage = 0; stage < 4; stage++)
            for (var k = 0; k < blocks[stage]; k++)
                x = BlockOf(x, $"layer{stage + 1}.{k}", stage > 0 && k == 0 ? 2 : 1, averaging: true);
        var (mean, height, width) = (Mean(x), x.GetLength(1), x.GetLength(2));
        var tokens = new double[(height * width) + 1, mean.Length];
        for (var c = 0; c < mean.Length; c++)
        {
            tokens[0, c] = mean[c];
            for (var place = 0; place < height * width; place++) tokens[place + 1, c] = x[c, place / width, place % width];
        }

        tokens = Add(tokens, Matrix("attnpool.positional_embedding"));
        return Row(Attend(Linear(tokens, "attnpool.q_proj"), Linear(tokens, "attnpool.k_proj"), Linear(tokens, "attnpool.v_proj"), heads, _ => tokens.GetLength(0)), 0);
    }

    public double[] VisionTransformer(double[,,] image, int patch, int layers, int heads, bool quick)
    {
        var patches = Conv(image, "conv1", patch, 0);
        var (width, side) = (patches.GetLength(0), patches.GetLength(1));
        var tokens = new double[(side * side) + 1, width];
        for (var c = 0; c < width; c++)
        {
            tokens[0, c] = Values("class_embedding")[c];
            for (var place = 0; place < side * side; place++) tokens[place + 1, c] = patches[c, place / side, place % side];
        }

        var x = LayerNorm(Add(tokens, Matrix("positional_embedding")), "ln_pre", 1e-5);
        return Row(LayerNorm(ClipBlocks(x, layers, heads, quick, causal: false), "ln_post", 1e-5), 0);
    }

    public double[] ClipText(long[] ids, int end, int layers, int heads, bool quick)
    {
        var x = Add(Lookup(ids, "token_embedding.weight"), Matrix("positional_embedding"));
        return Row(LayerNorm(ClipBlocks(x, layers, heads, quick, causal: true), "ln_final", 1e-5), end);
    }

    public double[] DistilBert(long[] ids, int end, int layers, int heads)
    {
        var x = LayerNorm(Add(Lookup(ids, "embeddings.word_embeddings.weight"), Matrix("embeddings.position_embeddings.weight")), "embeddings.LayerNorm", 1e-12);
        for (var k = 0; k < layers; k++)
        {
            var at = $"transformer.layer.{k}";
            var attended = Attend(Linear(x, at + ".attention.q_lin"), Linear(x, at + ".attention.k_lin"), Linear(x, at + ".attention.v_lin"), heads, _ => end + 1);
            x = LayerNorm(Add(x, Linear(attended, at + ".attention.out_lin")), at + ".sa_layer_norm", 1e-12);
            x = LayerNorm(Add(x, Linear(Map(Linear(x, at + ".ffn.lin1"), Gelu), at + ".ffn.lin2")), at + ".output_layer_norm", 1e-12);
        }

        return Row(x, 0);
    }

    public static double Gelu(double x) => x * 0.5 * (1 + Erf(x / Math.Sqrt(2)));

    private double[,] ClipBlocks(double[,] x, int layers, int heads, bool quick, bool causal)
    {
        var width = x.GetLength(1);
        for (var k = 0; k < layers; k++)
        {
            var at = $"transformer.resblocks.{k}";
            var all = Linear(LayerNorm(x, at + ".ln_1", 1e-5), at + ".attn.in_proj");
            var attended = Attend(Columns(all, 0, width), Columns(all, width, width), Columns(all, 2 * width, width), heads, row => causal ? row + 1 : x.GetLength(0));
            x = Add(x, Linear(attended, at + ".attn.out_proj"));
            var inner = Linear(LayerNorm(x, at + ".ln_2", 1e-5), at + ".mlp.c_fc");
            x = Add(x, Linear(Map(inner, quick ? v => v / (1 + Math.Exp(-1.702 * v)) : Gelu), at + ".mlp.c_proj"));
        }

        return x;
    }

    private double[,,] BlockOf(double[,,] input, string at, int stride, bool averaging)
    {
        var x = Relu(BatchNorm(Conv(input, at + ".conv1", 1, 0), at + ".bn1"));
        x = Relu(BatchNorm(Conv(x, at + ".conv2", averaging ? 1 : stride, 1), at + ".bn2"));
        if (averaging && stride > 1) x = Pool(x, stride, stride, 0, max: false);
        x = BatchNorm(Conv(x, at + ".conv3", 1, 0), at + ".bn3");
        var shortcut = input;
        if (_weights.ContainsKey(at + ".downsample.0.weight"))
        {
            if (averaging && stride > 1) shortcut = Pool(shortcut, stride, stride, 0, max: false);
            shortcut = BatchNorm(Conv(shortcut, at + ".downsample.0", averaging ? 1 : stride, 0), at + ".downsample.1");
        }

        return Each(x, (c, i, j, v) => Math.Max(0, v + shortcut[c, i, j]));
    }

    private double[] Values(string name) => _weights[name].Values;

    private double[,] Matrix(string name)
    {
        var (shape, values) = _weights[name];
        var matrix = new double[shape[0], shape[1]];
        Buffer.BlockCopy(values, 0, matrix, 0, values.Length * sizeof(double));
        return matrix;
    }

    private double[,,] Conv(double[,,] x, string name, int stride, int padding)
    {
        var (shape, w) = _weights[name + ".weight"];
        var (outs, ins, side) = ((int)shape[0], (int)shape[1], (int)shape[2]);
        var (height, width) = (((x.GetLength(1) + (2 * padding) - side) / stride) + 1, ((x.GetLength(2) + (2 * padding) - side) / stride) + 1);
        var y = new double[outs, height, width];
        for (var o = 0; o < outs; o++)
            for (var i = 0; i < height; i++)
                for (var j = 0; j < width; j++)
                    for (var c = 0; c < ins; c++)
                        for (var u = 0; u < side; u++)
                            for (var v = 0; v < side; v++)
                            {
                                var (row, column) = ((i * stride) + u - padding, (j * stride) + v - padding);
                                if (row >= 0 && column >= 0 && row < x.GetLength(1) && column < x.GetLength(2)) y[o, i, j] += w[(((((o * ins) + c) * side) + u) * side) + v] * x[c, row, column];
                            }

        return y;
    }

    private double[,,] BatchNorm(double[,,] x, string name) => Each(x, (c, _, _, v) =>
        ((v - Values(name + ".running_mean")[c]) / Math.Sqrt(Values(name + ".running_var")[c] + 1e-5) * Values(name + ".weight")[c]) + Values(name + ".bias")[c]);

    private static double[,,] Relu(double[,,] x) => Each(x, (_, _, _, v) => Math.Max(0, v));

    private static double[,,] Each(double[,,] x, Func<int, int, int, double, double> f)
    {
        var y = new double[x.GetLength(0), x.GetLength(1), x.GetLength(2)];
        for (var c = 0; c < y.GetLength(0); c++)
            for (var i = 0; i < y.GetLength(1); i++)
                for (var j = 0; j < y.GetLength(2); j++)
                    y[c, i, j] = f(c, i, j, x[c, i, j]);
        return y;
    }

    private static double[,,] Pool(double[,,] x, int side, int stride, int padding, bool max)
    {
        var (height, width) = (((x.GetLength(1) + (2 * padding) - side) / stride) + 1, ((x.GetLength(2) + (2 * padding) - side) / stride) + 1);
        return Each(new double[x.GetLength(0), height, width], (c, i, j, _) =>
        {
            var values = from u in Enumerable.Range((i * stride) - padding, side)
                         from v in Enumerable.Range((j * stride) - padding, side)
                         where u >= 0 && v >= 0 && u < x.GetLength(1) && v < x.GetLength(2)
                         select x[c, u, v];
            return max ? values.Max() : values.Average();
        });
    }

    private double[,] Lookup(long[] ids, string name)
    {
        var table = Matrix(name);
        var rows = new double[ids.Length, table.GetLength(1)];
        for (var i = 0; i < ids.Length; i++)
            for (var d = 0; d < rows.GetLength(1); d++)
                rows[i, d] = table[ids[i], d];
        return rows;
    }

    private double[,] Linear(double[,] x, string name)
    {
        var (w, b) = (Matrix(name + ".weight"), Values(name + ".bias"));
        var y = new double[x.GetLength(0), b.Length];
        for (var i = 0; i < x.GetLength(0); i++)
        {
            for (var o = 0; o < b.Length; o++)
            {
                y[i, o] = b[o];
                for (var d = 0; d < x.GetLength(1); d++) y[i, o] += x[i, d] * w[o, d];
            }
        }

        return y;
    }

    private double[,] LayerNorm(double[,] x, string name, double epsilon)
    {
        var (gain, offset) = (Values(name + ".weight"), Values(name + ".bias"));
        var y = new double[x.GetLength(0), x.GetLength(1)];
        for (var i = 0; i < x.GetLength(0); i++)
        {
            var row = Row(x, i);
            var mean = row.Average();
            var variance = row.Average(v => (v - mean) * (v - mean));
            for (var d = 0; d < row.Length; d++) y[i, d] = ((row[d] - mean) / Math.Sqrt(variance + epsilon) * gain[d]) + offset[d];
        }

        return y;
    }

    private static double[,] Attend(double[,] q, double[,] k, double[,] v, int heads, Func<int, int> heard)
    {
        var (length, width) = (q.GetLength(0), q.GetLength(1));
        var headWidth = width / heads;
        var y = new double[length, width];
        for (var head = 0; head < heads; head++)
        {
            for (var i = 0; i < length; i++)
            {
                var scores = new double[heard(i)];
                for (var j = 0; j < scores.Length; j++)
                    for (var d = head * headWidth; d < (head + 1) * headWidth; d++)
                        scores[j] += q[i, d] * k[j, d] / Math.Sqrt(headWidth);
                var (most, sum) = (scores.Max(), 0.0);
                foreach (var score in scores) sum += Math.Exp(score - most);
                for (var j = 0; j < scores.Length; j++)
                    for (var d = head * headWidth; d < (head + 1) * headWidth; d++)
                        y[i, d] += Math.Exp(scores[j] - most) / sum * v[j, d];
            }
        }

        return y;
    }

    // The sum of the rows that both have: positions may be more than tokens.
    private static double[,] Add(double[,] a, double[,] b)
    {
        var y = new double[a.GetLength(0), a.GetLength(1)];
        for (var i = 0; i < y.GetLength(0); i++)
            for (var d = 0; d < y.GetLength(1); d++)
                y[i, d] = a[i, d] + b[i, d];
        return y;
    }

    private static double[,] Map(double[,] x, Func<double, double> f)
    {
        var y = new double[x.GetLength(0), x.GetLength(1)];
        for (var i = 0; i < y.GetLength(0); i++)
            for (var d = 0; d < y.GetLength(1); d++)
                y[i, d] = f(x[i, d]);
        return y;
    }

    private static double[,] Columns(double[,] x, int start, int count)
    {
        var y = new double[x.GetLength(0), count];
        for (var i = 0; i < y.GetLength(0); i++)
            for (var d = 0; d < count; d++)
                y[i, d] = x[i, start + d];
        return y;
    }

    private static double[] Row(double[,] x, int row) => [.. Enumerable.Range(0, x.GetLength(1)).Select(d => x[row, d])];

    private static double Erf(double x) => MathNet.Numerics.SpecialFunctions.Erf(x);
}
