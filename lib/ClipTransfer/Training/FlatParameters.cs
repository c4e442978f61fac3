using ClipTransfer.Models;
using ClipTransfer.Runtime;
using ClipTransfer.Training.Distributed;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ClipTransfer.Training;

/// <summary>All trained numbers of a model in one tensor, and their gradients in another; the model's parameters become views of them.</summary>
/// <remarks>
/// Zeroing, clipping and stepping are then one operation each, however many parameters there are. Parameters are sorted by what is treated alike, so that each kind is one
/// range. Each starts on a 64-byte boundary; what lies between is zero and stays zero. In bfloat16 there is a working copy of the layers that compute in it, and a bfloat16 gradient:
/// the first <see cref="ReducedLength"/> numbers; all others work on the float32 masters themselves.
/// </remarks>
public sealed class FlatParameters : IDisposable
{
    private const int Alignment = 32; // numbers: 64 bytes of bfloat16
    private readonly List<(string Name, Tensor Parameter, long Offset, long[] Shape)> _entries = [];
    private readonly List<(string Name, Tensor Master)> _frozen = [];
    private readonly DualEncoder _model;

    /// <summary>Moves a model's trained parameters into one buffer, on the device where they are. The model keeps working as before.</summary>
    /// <param name="model">The model; nobody may replace its parameters afterwards (<c>to</c> does).</param>
    /// <param name="policy">Precision and layout; null is float32, channels-last.</param>
    public FlatParameters(DualEncoder model, PrecisionPolicy? policy = null)
    {
        (_model, Policy) = (model, policy ?? PrecisionPolicy.Float32);
        var following = Following(model).ToHashSet(StringComparer.Ordinal);
        var kinds = model.named_parameters().Where(p => p.parameter.requires_grad)
            .GroupBy(p => (Follows: following.Contains(p.name), Decayed: Decays(p.parameter), Part: PartOf(p.name)))
            .OrderByDescending(kind => kind.Key.Follows).ThenByDescending(kind => kind.Key.Decayed).ThenBy(kind => kind.Key.Part);
        long end = 0;
        var ranges = new List<ParameterRange>();
        var places = new List<(string Name, long Offset)>();
        foreach (var kind in kinds)
        {
            var start = end;
            foreach (var (name, parameter) in kind)
            {
                places.Add((name, end));
                end += (parameter.numel() + Alignment - 1) / Alignment * Alignment;
            }

            ranges.Add(new ParameterRange(kind.Key.Part, kind.Key.Decayed, kind.Key.Follows, start, end - start, [.. kind.Select(p => p.name)]));
        }

        Ranges = ranges;
        var device = model.get_parameter(places[0].Name)!.device;
        var reduced = Policy.Working == Precision.Float32 ? 0 : ranges.Where(r => r.FollowsPrecision).Sum(r => r.Length);
        Values = zeros(end, ScalarType.Float32, device).DetachFromDisposeScope();
        Gradients = zeros(end - reduced, ScalarType.Float32, device).DetachFromDisposeScope();
        Working = zeros(reduced, Policy.ScalarType, device).DetachFromDisposeScope();
        ReducedGradients = zeros(reduced, Policy.ScalarType, device).DetachFromDisposeScope();
        Move(places);
    }

    /// <summary>Precision and layout.</summary>
    public PrecisionPolicy Policy { get; }

    /// <summary>All trained numbers, <c>[N] float32</c>: what the optimiser steps, and what is saved.</summary>
    public Tensor Values { get; }

    /// <summary>Gradients of the numbers from <see cref="ReducedLength"/> on, <c>[N − ReducedLength] float32</c>; back-propagation adds to them.</summary>
    public Tensor Gradients { get; }

    /// <summary>How many numbers, from the first, have a copy in lower precision: 0 in float32.</summary>
    public long ReducedLength => Working.numel();

    /// <summary>The copy that the layers compute with, <c>[ReducedLength] bfloat16</c>; empty in float32.</summary>
    public Tensor Working { get; }

    /// <summary>Gradients of the working copy, <c>[ReducedLength] bfloat16</c>; empty in float32.</summary>
    public Tensor ReducedGradients { get; }

    /// <summary>The ranges that are treated alike, in order, without gaps.</summary>
    public IReadOnlyList<ParameterRange> Ranges { get; }

    /// <summary>Parameters by name, and where each starts.</summary>
    public IEnumerable<(string Name, Tensor Parameter, long Offset)> Entries => _entries.Select(e => (e.Name, e.Parameter, e.Offset));

    /// <summary>A flat tensor's numbers by parameter, in the parameters' shapes: views that share its memory.</summary>
    /// <param name="flat"><c>[N]</c>, laid out as <see cref="Values"/> is: the values, or an optimiser's moments.</param>
    public IEnumerable<(string Name, Tensor View)> Views(Tensor flat) => _entries.Select(e => (e.Name, ViewOf(flat, e.Shape, e.Offset)));

    /// <summary>The float32 masters by parameter, those of frozen layers with a working copy included: what a checkpoint holds.</summary>
    public IEnumerable<(string Name, Tensor Master)> Masters => Views(Values).Concat(_frozen);

    /// <summary>Which part a parameter belongs to, by its name in the model.</summary>
    public static ModelPart PartOf(string name) =>
        name.StartsWith("image.", StringComparison.Ordinal) ? ModelPart.Image : name.StartsWith("text.", StringComparison.Ordinal) ? ModelPart.Text : ModelPart.Heads;

    /// <summary>Rounds the masters into the working copy: to be called after <see cref="Masters"/> were written by others than the optimiser.</summary>
    public void RefreshWorking()
    {
        using var free = no_grad();
        if (ReducedLength > 0) Working.copy_(Values.narrow(0, 0, ReducedLength));
        foreach (var (name, master) in _frozen) _model.get_parameter(name)!.copy_(master);
    }

    /// <summary>Adds up the gradients of all processes, by one sum over the flat buffer; bfloat16 parts are summed in float32 and rounded once.</summary>
    public void SumGradients(ICommunicator across)
    {
        if (across.Size == 1) return;
        using var scope = NewDisposeScope();
        using var free = no_grad();
        var all = ReducedLength == 0 ? Gradients : cat([ReducedGradients.to(ScalarType.Float32), Gradients]);
        across.Sum(all);
        if (ReducedLength == 0) return;
        ReducedGradients.copy_(all.narrow(0, 0, ReducedLength));
        Gradients.copy_(all.narrow(0, ReducedLength, Gradients.numel()));
    }

    /// <summary>Gives the gradients' memory back. The parameters keep their values, in float32; their buffer lives as long as they do.</summary>
    public void Dispose()
    {
        foreach (var entry in _entries) entry.Parameter.grad = null!;
        if (ReducedLength > 0) BackToFloat32();
        Gradients.Dispose();
        Values.Dispose();
        Working.Dispose();
        ReducedGradients.Dispose();
        foreach (var (_, master) in _frozen) master.Dispose();
    }

    // Gains, offsets, biases and the logit scale have fewer than two axes.
    private static bool Decays(Tensor parameter) => parameter.dim() >= 2;

    private static IEnumerable<(string Name, nn.Module Layer)> Layers(DualEncoder model) =>
        model.named_modules().Where(m => m.module is Conv2d or Linear or Embedding).Select(m => (m.name, m.module));

    private static IEnumerable<string> Following(DualEncoder model) =>
        Layers(model).SelectMany(layer => layer.Layer.named_parameters().Select(p => $"{layer.Name}.{p.name}"));

    private void Move(List<(string Name, long Offset)> places)
    {
        using var scope = NewDisposeScope();
        using var free = no_grad();
        foreach (var (name, offset) in places)
        {
            var parameter = _model.get_parameter(name)!;
            ViewOf(Values, parameter.shape, offset).copy_(parameter);
        }

        var trained = places.Select(place => place.Name).ToHashSet(StringComparer.Ordinal);
        if (ReducedLength > 0) Convert(trained);
        RefreshWorking();
        foreach (var (name, offset) in places)
        {
            var parameter = _model.get_parameter(name)!;
            var isReduced = offset < ReducedLength;
            parameter.set_(ViewOf(isReduced ? Working : Values, parameter.shape, offset));
            parameter.grad = isReduced ? ViewOf(ReducedGradients, parameter.shape, offset) : ViewOf(Gradients, parameter.shape, offset - ReducedLength);
            _entries.Add((name, parameter, offset, parameter.shape));
        }
    }

    // The layers' parameters become others, of the working type; masters of frozen ones are kept aside.
    private void Convert(HashSet<string> trained)
    {
        foreach (var (layerName, layer) in Layers(_model))
        {
            foreach (var (name, parameter) in layer.named_parameters().Select(p => ($"{layerName}.{p.name}", p.parameter)).Where(p => !trained.Contains(p.Item1)))
                _frozen.Add((name, parameter.clone().DetachFromDisposeScope()));
            layer.to(Policy.ScalarType);
        }
    }

    private void BackToFloat32()
    {
        using var scope = NewDisposeScope();
        using var free = no_grad();
        foreach (var (_, layer) in Layers(_model)) layer.to(ScalarType.Float32);
        foreach (var entry in _entries.Where(e => e.Offset < ReducedLength)) _model.get_parameter(entry.Name)!.set_(ViewOf(Values, entry.Shape, entry.Offset));
        foreach (var (name, master) in _frozen) _model.get_parameter(name)!.copy_(master);
    }

    // Kernels of convolutions lie channels-last where the policy says so: [O, h, w, I] in memory, [O, I, h, w] to everyone.
    private Tensor ViewOf(Tensor flat, long[] shape, long offset)
    {
        var numbers = flat.narrow(0, offset, shape.Aggregate(1L, (product, n) => product * n));
        return Policy.ChannelsLast && shape.Length == 4 ? numbers.view(shape[0], shape[2], shape[3], shape[1]).permute(0, 3, 1, 2) : numbers.view(shape);
    }
}
