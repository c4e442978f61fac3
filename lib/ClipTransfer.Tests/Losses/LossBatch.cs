using CsCheck;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Losses;

/// <summary>A batch of unit embeddings as plain arrays, and the losses of the paper as plain loops over them.</summary>
internal sealed record LossBatch(double[][] Image, double[][] Text, double LogitScale)
{
    public int Size => Image.Length;

    /// <summary>B in 1…9, D in 2…7, temperatures from 0.01 to 1.</summary>
    public static Gen<LossBatch> Any { get; } =
        from size in Gen.Int[1, 9]
        from width in Gen.Int[2, 7]
        from logTemperature in Gen.Double[Math.Log(0.01), 0]
        from image in UnitRow(width).Array[size]
        from text in UnitRow(width).Array[size]
        select new LossBatch(image, text, Math.Exp(-logTemperature));

    public static Gen<double[]> UnitRow(int width) =>
        Gen.Double[-1, 1].Array[width].Where(row => Dot(row, row) > 1e-2).Select(row => row.Select(v => v / Math.Sqrt(Dot(row, row))).ToArray());

    public static LossBatch Fixed(int size, int width, int seed, double logitScale = 1 / 0.07)
    {
        var random = new Random(seed);
        double[] Row()
        {
            var row = Enumerable.Range(0, width).Select(_ => random.NextDouble() - 0.5).ToArray();
            return row.Select(v => v / Math.Sqrt(Dot(row, row))).ToArray();
        }

        return new LossBatch([.. Enumerable.Range(0, size).Select(_ => Row())], [.. Enumerable.Range(0, size).Select(_ => Row())], logitScale);
    }

    public static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    public static Tensor Matrix(double[][] rows, bool gradient = false)
    {
        var flat = rows.SelectMany(row => row).ToArray();
        return tensor(flat, [rows.Length, rows[0].Length], dtype: ScalarType.Float64, requires_grad: gradient);
    }

    public Tensor ImageTensor(bool gradient = false) => Matrix(Image, gradient);

    public Tensor TextTensor(bool gradient = false) => Matrix(Text, gradient);

    public Tensor ScaleTensor(bool gradient = false) => tensor(LogitScale, dtype: ScalarType.Float64, requires_grad: gradient);

    public double Score(int image, int text) => Dot(Image[image], Text[text]);

    /// <summary>The paper's batch loss, term by term as it is written (the two directions added).</summary>
    public (double TextToImage, double ImageToText) PaperLoss()
    {
        double textToImage = 0, imageToText = 0;
        for (var i = 0; i < Size; i++)
        {
            double overImages = 0, overTexts = 0;
            for (var j = 0; j < Size; j++)
            {
                overImages += Math.Exp((Score(j, i) - Score(i, i)) * LogitScale);
                overTexts += Math.Exp((Score(i, j) - Score(i, i)) * LogitScale);
            }

            textToImage += Math.Log(overImages) / Size;
            imageToText += Math.Log(overTexts) / Size;
        }

        return (textToImage, imageToText);
    }

    public double MeanSquaredDistance()
    {
        double sum = 0;
        for (var i = 0; i < Size; i++)
            for (var d = 0; d < Image[i].Length; d++)
                sum += Math.Pow(Image[i][d] - Text[i][d], 2);
        return sum / Size;
    }

    /// <summary>CyCLIP's two terms, as sums over the B² entries divided by B.</summary>
    public (double InModal, double CrossModal) CyclicTerms()
    {
        double inModal = 0, crossModal = 0;
        for (var i = 0; i < Size; i++)
        {
            for (var j = 0; j < Size; j++)
            {
                inModal += Math.Pow(Dot(Image[i], Image[j]) - Dot(Text[i], Text[j]), 2) / Size;
                crossModal += Math.Pow(Score(i, j) - Score(j, i), 2) / Size;
            }
        }

        return (inModal, crossModal);
    }

    public LossBatch Permute(IReadOnlyList<int> order) => this with { Image = [.. order.Select(i => Image[i])], Text = [.. order.Select(i => Text[i])] };
}
