using ClipTransfer.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ClipTransfer.Training;

/// <summary>All trained numbers of a model in one tensor, and their gradients in another; the model's parameters become views of them.</summary>
/// <remarks>
/// Zeroing, clipping and stepping are then one operation each, however many parameters there are. Parameters are sorted by part and
/// by whether they decay, so that each kind is one range. Each starts on a 64-byte boundary; what lies between is zero and stays zero.
/// </remarks>
public sealed class FlatParameters : IDisposable
{
    private const int Alignment = 16; // floats
    private readonly List<(string Name, Parameter Parameter, long Offset)> _entries = [];

    /// <summary>Moves a model's trained parameters into one buffer, on the device where they are. The model keeps working as before.</summary>
    /// <param name="model">The model; nobody may replace its parameters afterwards (<c>to</c> does).</param>
    public FlatParameters(DualEncoder model)
    {
        var trained = model.named_parameters().Where(p => p.parameter.requires_grad)
            .OrderBy(p => PartOf(p.name)).ThenByDescending(p => Decays(p.parameter)).ToArray();
        long end = 0;
        var ranges = new List<ParameterRange>();
        foreach (var kind in trained.GroupBy(p => (Part: PartOf(p.name), Decayed: Decays(p.parameter))))
        {
            var start = end;
            foreach (var (name, parameter) in kind)
            {
                _entries.Add((name, parameter, end));
                end += (parameter.numel() + Alignment - 1) / Alignment * Alignment;
            }

            ranges.Add(new ParameterRange(kind.Key.Part, kind.Key.Decayed, start, end - start, [.. kind.Select(p => p.name)]));
        }

        Ranges = ranges;
        var device = trained[0].parameter.device;
        Values = zeros(end, ScalarType.Float32, device).DetachFromDisposeScope();
        Gradients = zeros(end, ScalarType.Float32, device).DetachFromDisposeScope();
        using var scope = NewDisposeScope();
        using var free = no_grad();
        foreach (var (_, parameter, offset) in _entries)
        {
            var view = ViewOf(Values, parameter, offset);
            view.copy_(parameter);
            parameter.set_(view);
            parameter.grad = ViewOf(Gradients, parameter, offset);
        }
    }

    /// <summary>All trained numbers, <c>[N] float32</c>.</summary>
    public Tensor Values { get; }

    /// <summary>Their gradients, <c>[N] float32</c>; back-propagation adds to them.</summary>
    public Tensor Gradients { get; }

    /// <summary>The ranges that are treated alike, in order, without gaps.</summary>
    public IReadOnlyList<ParameterRange> Ranges { get; }

    /// <summary>Parameters by name, and where each starts.</summary>
    public IEnumerable<(string Name, Tensor Parameter, long Offset)> Entries => _entries.Select(e => (e.Name, (Tensor)e.Parameter, e.Offset));

    /// <summary>A flat tensor's numbers by parameter, in the parameters' shapes: views that share its memory.</summary>
    /// <param name="flat"><c>[N]</c>, laid out as <see cref="Values"/> is: the values, or an optimiser's moments.</param>
    public IEnumerable<(string Name, Tensor View)> Views(Tensor flat) => _entries.Select(e => (e.Name, ViewOf(flat, e.Parameter, e.Offset)));

    /// <summary>Which part a parameter belongs to, by its name in the model.</summary>
    public static ModelPart PartOf(string name) =>
        name.StartsWith("image.", StringComparison.Ordinal) ? ModelPart.Image : name.StartsWith("text.", StringComparison.Ordinal) ? ModelPart.Text : ModelPart.Heads;

    /// <summary>Gives the gradients' memory back. The parameters keep their values; their buffer lives as long as they do.</summary>
    public void Dispose()
    {
        foreach (var (_, parameter, _) in _entries) parameter.grad = null!;
        Gradients.Dispose();
        Values.Dispose();
    }

    // Gains, offsets, biases and the logit scale have fewer than two axes.
    private static bool Decays(Tensor parameter) => parameter.dim() >= 2;

    private static Tensor ViewOf(Tensor flat, Tensor like, long offset) => flat.narrow(0, offset, like.numel()).view(like.shape);
}
