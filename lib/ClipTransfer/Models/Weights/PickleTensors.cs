using static TorchSharp.torch;

namespace ClipTransfer.Models.Weights;

/// <summary>The names that a pickle of weights may use, and what each builds.</summary>
internal static class PickleTensors
{
    private const string TorchScript = "__torch__";

    private static readonly Dictionary<string, ScalarType> _storages = new(StringComparer.Ordinal)
    {
        ["DoubleStorage"] = ScalarType.Float64,
        ["FloatStorage"] = ScalarType.Float32,
        ["HalfStorage"] = ScalarType.Float16,
        ["BFloat16Storage"] = ScalarType.BFloat16,
        ["LongStorage"] = ScalarType.Int64,
        ["IntStorage"] = ScalarType.Int32,
        ["ShortStorage"] = ScalarType.Int16,
        ["CharStorage"] = ScalarType.Int8,
        ["ByteStorage"] = ScalarType.Byte,
        ["BoolStorage"] = ScalarType.Bool,
    };

    /// <summary>The name, if it is one of those that weights need.</summary>
    /// <exception cref="PickleException">It is not; nothing was looked up or run.</exception>
    public static PickleGlobal Allowed(string module, string name)
    {
        var allowed = (module, name) switch
        {
            ("collections", "OrderedDict") => true,
            ("torch._utils", "_rebuild_tensor_v2" or "_rebuild_tensor" or "_rebuild_parameter") => true,
            ("torch", "Size") => true,
            ("torch", _) => _storages.ContainsKey(name),
            ("torch.jit._pickle", "build_intlist" or "build_doublelist" or "build_boollist" or "build_tensorlist" or "restore_type_tag") => true,
            // A module's type in a TorchScript archive; its code lies elsewhere in the archive and is not read.
            _ => module == TorchScript || module.StartsWith(TorchScript + ".", StringComparison.Ordinal),
        };
        return allowed ? new PickleGlobal(module, name) : throw new PickleException($"refers to '{module}.{name}', which is no tensor or container and is not run");
    }

    /// <summary>What a call of an allowed name gives.</summary>
    public static object Build(PickleGlobal global, object?[] arguments) => (global.Name, arguments) switch
    {
        _ when global.Module.StartsWith(TorchScript, StringComparison.Ordinal) => new PickleObject(),
        ("OrderedDict", []) => new Dictionary<string, object?>(StringComparer.Ordinal),
        ("OrderedDict", [List<object?> pairs]) => FromPairs(pairs),
        ("Size", [object?[] sizes]) => sizes,
        ("_rebuild_tensor_v2" or "_rebuild_tensor", [PickleStorage storage, long offset, object?[] shape, object?[] strides, ..]) => View(storage, offset, Numbers(shape), Numbers(strides)),
        ("_rebuild_parameter", [PickleTensor tensor, ..]) => tensor,
        ("build_intlist" or "build_doublelist" or "build_boollist" or "build_tensorlist" or "restore_type_tag", [{ } value, ..]) => value,
        _ => throw new PickleException($"calls {global} with arguments that weights do not have"),
    };

    /// <summary>Gives an object its attributes. A dictionary's own (PyTorch notes versions there) are of no use here.</summary>
    public static void SetState(object? target, object? state)
    {
        if (target is Dictionary<string, object?>) return;
        if (target is not PickleObject module || state is not Dictionary<string, object?> attributes) throw new PickleException("sets the state of something else than a module");
        foreach (var (name, value) in attributes) module.Attributes[name] = value;
    }

    /// <summary>A storage by its persistent id, <c>('storage', type, key, place, count)</c>.</summary>
    public static PickleStorage Storage(object? id) =>
        id is object?[] and ["storage", PickleGlobal { Module: "torch" } type, string key, _, long count] && count >= 0 && _storages.TryGetValue(type.Name, out var scalarType)
            ? new PickleStorage(key, scalarType, count)
            : throw new PickleException("refers to data by an id that names no storage");

    private static PickleTensor View(PickleStorage storage, long offset, long[] shape, long[] strides)
    {
        if (offset < 0 || shape.Length != strides.Length || shape.Length > TensorBytes.MostAxes || shape.Any(n => n < 0) || strides.Any(n => n < 0)
            || TensorBytes.Length(shape, SafetensorsType.BytesOf(storage.Type)) is null)
            throw new PickleException($"has a tensor of the impossible shape [{string.Join(", ", shape)}], strides [{string.Join(", ", strides)}], offset {offset}");
        Int128 last = offset;
        for (var axis = 0; axis < shape.Length; axis++) last += (Int128)Math.Max(shape[axis] - 1, 0) * strides[axis];
        if (shape.Contains(0) ? offset > storage.Count : last >= storage.Count)
            throw new PickleException($"has a tensor [{string.Join(", ", shape)}] that reaches past the {storage.Count} numbers of its storage '{storage.Key}'");
        return new PickleTensor(storage, offset, shape, strides);
    }

    private static long[] Numbers(object?[] values) => [.. values.Select(v => v is long number ? number : throw new PickleException("has a shape that is not of whole numbers"))];

    private static Dictionary<string, object?> FromPairs(List<object?> pairs)
    {
        var dictionary = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            (string Key, object? Value) item = pair switch
            {
                object?[] and [string key, var value] => (key, value),
                List<object?> and [string key, var value] => (key, value),
                _ => throw new PickleException("makes a dictionary of something else than pairs"),
            };
            dictionary[item.Key] = item.Value;
        }

        return dictionary;
    }
}
