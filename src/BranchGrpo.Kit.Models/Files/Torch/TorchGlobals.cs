using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Files.Torch;

/// <summary>The names that a checkpoint may mention, matched as exact pairs of module and name, and what calling them gives.</summary>
internal static class TorchGlobals
{
    private const int MostAxes = 64;
    private const long LargestExpansion = 16 << 20;

    /// <summary>Element types of the storage classes. Complex and quantised ones have no place in a network of this kit.</summary>
    private static readonly Dictionary<string, (ScalarType Dtype, int Size)> Storages = new()
    {
        ["DoubleStorage"] = (ScalarType.Float64, 8), ["FloatStorage"] = (ScalarType.Float32, 4), ["HalfStorage"] = (ScalarType.Float16, 2),
        ["BFloat16Storage"] = (ScalarType.BFloat16, 2), ["LongStorage"] = (ScalarType.Int64, 8), ["IntStorage"] = (ScalarType.Int32, 4),
        ["ShortStorage"] = (ScalarType.Int16, 2), ["CharStorage"] = (ScalarType.Int8, 1), ["ByteStorage"] = (ScalarType.Byte, 1),
        ["BoolStorage"] = (ScalarType.Bool, 1),
    };

    private static readonly PickleGlobal OrderedDict = new("collections", "OrderedDict"), Size = new("torch", "Size"), DeviceOf = new("torch", "device"),
        RebuildTensor = new("torch._utils", "_rebuild_tensor_v2"), RebuildParameter = new("torch._utils", "_rebuild_parameter");

    private static readonly Dictionary<(string, string), PickleGlobal> Known = Storages.Keys.Concat(
        [
            "float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64", "complex128", "float8_e4m3fn",
            "float8_e5m2", "uint16", "uint32", "uint64",
        ])
        .Select(name => new PickleGlobal("torch", name)).Concat([OrderedDict, Size, DeviceOf, RebuildTensor, RebuildParameter])
        .ToDictionary(g => (g.Module, g.Name));

    /// <summary>The name, if it is of the allow-list.</summary>
    public static PickleGlobal Find(string module, string name) => Known.TryGetValue((module, name), out var known) ? known
        : throw new FormatException($"it needs the Python name {module}.{name}, and only weights are read from such files: "
            + "nothing else in them is loaded or run. Save the state dict alone, best as safetensors");

    /// <summary>What Python would make by calling a name.</summary>
    public static object Call(PickleGlobal function, object?[] arguments) => (function.Name, arguments) switch
    {
        _ when function == OrderedDict && arguments.Length == 0 => new PickleDictionary(ordered: true),
        _ when function == Size && arguments is [PickleTuple { Items.Length: <= MostAxes, Numbers: { } axes }] => new TorchSize(axes),
        _ when function == DeviceOf && arguments is [string { Length: <= 16 } name] => new TorchDevice(name),
        _ when function == DeviceOf && arguments is [string { Length: <= 16 } name, long number] => new TorchDevice($"{name}:{number}"),
        _ when function == RebuildParameter && arguments is [TorchTensor tensor, bool gradient, PickleDictionary { Items.Count: 0 }] =>
            tensor with { IsParameter = true, RequiresGrad = gradient },
        _ when function == RebuildTensor && arguments is [TorchStorage storage, long offset, PickleTuple sizes, PickleTuple strides, bool gradient,
            PickleDictionary { Items.Count: 0 }, .. var more] && more is [] or [null] or [PickleDictionary { Items.Count: 0 }] =>
            Tensor(storage, offset, sizes.Numbers, strides.Numbers, gradient),
        _ => throw new FormatException($"{function.Module}.{function.Name} is called with ({string.Join(", ", arguments.Take(8).Select(Unpickler.Kind))}), "
            + "which is not how weights are saved"),
    };

    /// <summary>The storage that a persistent id names: ("storage", class, key, location, count) and, in the older stream, a view that must be None.</summary>
    public static TorchStorage Storage(object?[] id) =>
        id is ["storage", PickleGlobal { Module: "torch" } type, string key, string, long count, .. var view] && view is [] or [null]
        && Storages.TryGetValue(type.Name, out var element)
            ? count >= 0 && count <= long.MaxValue / element.Size ? new(key, element.Dtype, element.Size, count)
                : throw new FormatException($"storage {key} is said to have {count} elements")
            : throw new FormatException($"a storage is described by ({string.Join(", ", id.Take(8).Select(Unpickler.Kind))}), "
                + $"expected \"storage\", one of {string.Join(" ", Storages.Keys)}, key, location and count");

    private static TorchTensor Tensor(TorchStorage storage, long offset, long[]? sizes, long[]? strides, bool gradient)
    {
        if (sizes is null || strides is null || sizes.Length != strides.Length || sizes.Length > MostAxes || offset < 0
            || sizes.Any(s => s < 0) || strides.Any(s => s < 0))
            throw new FormatException($"a tensor of storage {storage.Key} has offset {offset}, sizes ({Text(sizes)}) and strides ({Text(strides)})");
        var (count, last) = ((Int128)1, (Int128)offset);
        for (var i = 0; i < sizes.Length; i++)
        {
            count *= Math.Max(1, sizes[i]);
            last += (Int128)Math.Max(0, sizes[i] - 1) * strides[i];
            if (count > long.MaxValue / storage.ElementSize || last > long.MaxValue) throw Outside();
        }
        var empty = sizes.Contains(0);
        if (empty ? offset > storage.Count : last >= storage.Count) throw Outside();
        return empty || count <= storage.Count || (long)count * storage.ElementSize <= LargestExpansion ? new(storage, offset, sizes, strides, gradient)
            : throw new FormatException($"a tensor of sizes ({Text(sizes)}) repeats a storage of {storage.Count} elements; it is too large to be written out");

        FormatException Outside() => new($"a tensor with offset {offset}, sizes ({Text(sizes)}) and strides ({Text(strides)}) leaves its storage "
            + $"{storage.Key} of {storage.Count} elements");
    }

    private static string Text(long[]? numbers) => numbers is null ? "not whole numbers" : string.Join(", ", numbers.Take(8));
}
