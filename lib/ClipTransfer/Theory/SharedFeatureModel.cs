using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>The paper's linear data model (Definition 5.3 [R]): x = G[z; ξ], y = H[z; ζ], with x and y independent given z.</summary>
/// <remarks>
/// z ∈ {v_1 … v_K} are unit vectors with max inner product exactly 1 − γ and P(z = v_k) = p_k (the paper has p_k = 1/K). ξ and ζ are
/// independent given z, of norm at most R. Everything is float64 on the CPU and follows from the seeds.
/// </remarks>
public sealed class SharedFeatureModel : IDisposable
{
    private readonly Dictionary _image;
    private readonly Dictionary _text;

    /// <summary>Draws v, G, H and the conditional means.</summary>
    /// <exception cref="InputException">Settings that cannot be.</exception>
    public SharedFeatureModel(SharedFeatureSettings settings)
    {
        settings.Check();
        Settings = settings;
        SharedDim = settings.ResolvedSharedDim;
        var p = settings.ResolvedProbabilities();
        Probabilities = p;
        Vectors = SharedVectors.Create(settings.Classes, SharedDim, settings.Gamma, settings.Arrangement, settings.Seed);
        _image = new Dictionary(settings.ImageDictionary, SharedDim + settings.ImageOnly.Dim, Seeds.Derive(settings.Seed, "theory/G"));
        _text = new Dictionary(settings.TextDictionary, SharedDim + settings.TextOnly.Dim, Seeds.Derive(settings.Seed, "theory/H"));
        ImageOnlyMeans = settings.ImageOnly.Means(settings.Classes, Seeds.Derive(settings.Seed, "theory/xi-means"));
        TextOnlyMeans = settings.TextOnly.Means(settings.Classes, Seeds.Derive(settings.Seed, "theory/zeta-means"));
    }

    /// <summary>The knobs.</summary>
    public SharedFeatureSettings Settings { get; }

    /// <summary>K1.</summary>
    public int SharedDim { get; }

    /// <summary>p_k.</summary>
    public IReadOnlyList<double> Probabilities { get; }

    /// <summary>v_1 … v_K: [K, K1] float64, unit rows.</summary>
    public Tensor Vectors { get; }

    /// <summary>G: [d1, K1+K2] float64.</summary>
    public Tensor ImageDictionary => _image.Matrix;

    /// <summary>H: [d2, K1+K3] float64.</summary>
    public Tensor TextDictionary => _text.Matrix;

    /// <summary>G†: [K1+K2, d1] float64.</summary>
    public Tensor ImageInverse => _image.Inverse;

    /// <summary>H†: [K1+K3, d2] float64.</summary>
    public Tensor TextInverse => _text.Inverse;

    /// <summary>E[ξ | v_k]: [K, K2] float64.</summary>
    public Tensor ImageOnlyMeans { get; }

    /// <summary>E[ζ | v_k]: [K, K3] float64.</summary>
    public Tensor TextOnlyMeans { get; }

    /// <summary>d1.</summary>
    public int ImageDim => (int)ImageDictionary.shape[0];

    /// <summary>d2.</summary>
    public int TextDim => (int)TextDictionary.shape[0];

    /// <summary>W* = (H†)ᵀ diag(I_{K1}, 0) G†: [d2, d1] float64. Then ⟨W*x, y⟩ = ⟨z_x, z_y⟩, which is (0, 0, γ)-complete [D].</summary>
    public Tensor OptimalMap() => MapOf(1, 0, 0, 0);

    /// <summary>(H†)ᵀ M G† for an M with given multiples of the identity in its four blocks; so f = ss⟨z,z'⟩ + su⟨ζ,z⟩ + us⟨z',ξ⟩ + uu⟨ζ,ξ⟩.</summary>
    /// <param name="shared">Text z to image z.</param>
    /// <param name="uniqueText">Text ζ to image z, on the first min(K1, K3) axes.</param>
    /// <param name="uniqueImage">Text z to image ξ, on the first min(K1, K2) axes.</param>
    /// <param name="both">Text ζ to image ξ, on the first min(K2, K3) axes.</param>
    /// <remarks>Scores that use unique features on purpose: what completeness must notice.</remarks>
    public Tensor MapOf(double shared, double uniqueText, double uniqueImage, double both)
    {
        using var scope = NewDisposeScope();
        int k2 = Settings.ImageOnly.Dim, k3 = Settings.TextOnly.Dim;
        var top = cat([shared * eye(SharedDim, dtype: float64), uniqueImage * eye(SharedDim, k2, dtype: float64)], 1);
        var bottom = cat([uniqueText * eye(k3, SharedDim, dtype: float64), both * eye(k3, k2, dtype: float64)], 1);
        return TextInverse.t().matmul(cat([top, bottom], 0)).matmul(ImageInverse).MoveToOuterDisposeScope();
    }

    /// <summary>HᵀWG: [K1+K3, K1+K2], what a map W does to the hidden features: f = [z; ζ]ᵀ (HᵀWG) [z; ξ].</summary>
    /// <param name="map">W: [d2, d1].</param>
    public Tensor HiddenAction(Tensor map)
    {
        using var scope = NewDisposeScope();
        return TextDictionary.t().matmul(map).matmul(ImageDictionary).MoveToOuterDisposeScope();
    }

    /// <summary>n independent pairs.</summary>
    /// <param name="count">n.</param>
    /// <param name="seed">The stream.</param>
    public PairSample Sample(int count, long seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)Seeds.Derive(seed, "theory/pairs"));
        return PairsOf(DrawClasses(count, generator), generator).MoveToOuterDisposeScope();
    }

    /// <summary>The classes alone of n independent pairs, where no picture or text is needed.</summary>
    /// <param name="count">n.</param>
    /// <param name="seed">The stream.</param>
    public long[] SampleClasses(int count, long seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)Seeds.Derive(seed, "theory/classes"));
        return DrawClasses(count, generator).data<long>().ToArray();
    }

    /// <summary>n batches of B pairs: [n, B, ·].</summary>
    /// <param name="count">n.</param>
    /// <param name="batch">B.</param>
    /// <param name="seed">The stream.</param>
    /// <param name="distinct">Draw the classes of a batch without replacement, so that no batch holds unintended positives (B ≤ K). Not the paper's law.</param>
    /// <exception cref="InputException">Distinct classes were asked for, but B &gt; K.</exception>
    public PairSample SampleBatches(int count, int batch, long seed, bool distinct = false)
    {
        if (distinct && batch > Settings.Classes)
            throw new InputException("SampleBatches", $"{batch} distinct classes of {Settings.Classes}", "Use B ≤ K, or allow unintended positives");
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)Seeds.Derive(seed, "theory/batches", distinct ? 1 : 0));
        Tensor classes;
        if (distinct)
        {
            // Gumbel's trick: the B largest of log p_k + Gumbel noise are a draw without replacement with weights p.
            var gumbel = rand(count, Settings.Classes, dtype: float64, generator: generator).clamp_min(1e-300).log().neg().log().neg();
            var (_, order) = (gumbel + tensor(Probabilities.ToArray()).log()).topk(batch, dim: 1);
            classes = order.flatten();
        }
        else
        {
            classes = DrawClasses(count * batch, generator);
        }
        return PairsOf(classes, generator).AsBatches(batch).MoveToOuterDisposeScope();
    }

    /// <summary>x ~ D_{x|v_k} for each given k: [n, d1].</summary>
    /// <param name="classes">[n] int64.</param>
    /// <param name="generator">The stream.</param>
    public Tensor SampleImages(Tensor classes, Generator generator)
    {
        using var scope = NewDisposeScope();
        return Mix(ImageDictionary, classes, Settings.ImageOnly.Draw(classes, ImageOnlyMeans, generator)).MoveToOuterDisposeScope();
    }

    /// <summary>y ~ D_{y|v_k} for each given k: [n, d2].</summary>
    /// <param name="classes">[n] int64.</param>
    /// <param name="generator">The stream.</param>
    public Tensor SampleTexts(Tensor classes, Generator generator)
    {
        using var scope = NewDisposeScope();
        return Mix(TextDictionary, classes, Settings.TextOnly.Draw(classes, TextOnlyMeans, generator)).MoveToOuterDisposeScope();
    }

    /// <summary>One prompt y_k ~ D_{y|v_k} for each class: [K, d2], as zero-shot transfer uses them.</summary>
    /// <param name="seed">The stream.</param>
    public Tensor SamplePrompts(long seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)Seeds.Derive(seed, "theory/prompts"));
        return SampleTexts(arange(Settings.Classes, dtype: int64), generator).MoveToOuterDisposeScope();
    }

    /// <summary>Classes by p_k: [n] int64.</summary>
    /// <param name="count">n.</param>
    /// <param name="generator">The stream.</param>
    public Tensor DrawClasses(int count, Generator generator)
    {
        using var scope = NewDisposeScope();
        var cumulative = tensor(Probabilities.ToArray()).cumsum(0);
        var uniform = rand(count, dtype: float64, generator: generator) * cumulative[-1];
        return searchsorted(cumulative, uniform, right: true).clamp_max(Settings.Classes - 1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in new[] { Vectors, ImageOnlyMeans, TextOnlyMeans }) part.Dispose();
        _image.Dispose();
        _text.Dispose();
    }

    private PairSample PairsOf(Tensor classes, Generator generator)
    {
        var xi = Settings.ImageOnly.Draw(classes, ImageOnlyMeans, generator);
        var zeta = Settings.TextOnly.Draw(classes, TextOnlyMeans, generator);
        return new PairSample(Mix(ImageDictionary, classes, xi), Mix(TextDictionary, classes, zeta), classes, xi, zeta);
    }

    private Tensor Mix(Tensor dictionary, Tensor classes, Tensor unique) => cat([Vectors[classes], unique], 1).matmul(dictionary.t());
}
