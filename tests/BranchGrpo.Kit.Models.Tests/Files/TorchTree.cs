using System.Globalization;
using System.Numerics;
using System.Text.Json;
using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Files.Torch;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests;

/// <summary>Compares what was read from a file of torch.save with the description of what was saved.</summary>
internal sealed class TorchTree(TorchFile file, WeightSource? twin)
{
    private readonly Dictionary<int, TorchStorage> storages = [];

    /// <summary>Every tensor in a value, however deep it is and whether or not it contains itself.</summary>
    public static List<TorchTensor> Tensors(object? root)
    {
        var (found, seen, open) = (new List<TorchTensor>(), new HashSet<object>(ReferenceEqualityComparer.Instance), new Stack<object?>([root]));
        while (open.TryPop(out var value))
        {
            if (value is null || !seen.Add(value)) continue;
            if (value is TorchTensor tensor) found.Add(tensor);
            foreach (var inner in value is List<object?> list ? list : value is PickleTuple tuple ? tuple.Items
                : value is PickleDictionary dictionary ? dictionary.Items.SelectMany(i => new[] { i.Key, i.Value }) : []) open.Push(inner);
        }
        return found;
    }

    public void Compare(JsonElement expected, object? value, string where)
    {
        var type = expected.GetProperty("type").GetString()!;
        switch (type)
        {
            case "OrderedDict" or "dict":
                var dictionary = Assert.IsType<PickleDictionary>(value);
                Assert.True(dictionary.Ordered == (type == "OrderedDict"), where);
                if (expected.TryGetProperty("items", out var pairs)) Items(pairs, [.. dictionary.Items.SelectMany(i => new[] { i.Key, i.Value })], where);
                else Many(expected, dictionary);
                break;
            case "list": Items(expected.GetProperty("items"), Assert.IsType<List<object?>>(value), where); break;
            case "tuple": Items(expected.GetProperty("items"), Assert.IsType<PickleTuple>(value).Items, where); break;
            case "size": Assert.Equal(Longs(expected, "value"), Assert.IsType<TorchSize>(value).Axes); break;
            case "tensor": Compare(expected, Assert.IsType<TorchTensor>(value), where); break;
            default: Assert.True(Scalar(type, expected, value), $"{where}: expected {expected}, got {value} ({Unpickler.Kind(value)})"); break;
        }
    }

    private static bool Scalar(string type, JsonElement expected, object? value) => type switch
    {
        "none" => value is null,
        "bool" => value is bool flag && flag == expected.GetProperty("value").GetBoolean(),
        "str" => value is string text && text == expected.GetProperty("value").GetString(),
        "int" => value is long or BigInteger && Convert.ToString(value, CultureInfo.InvariantCulture) == expected.GetProperty("value").GetString(),
        "float" => value is double number && $"{BitConverter.DoubleToUInt64Bits(number):x16}" == expected.GetProperty("bits").GetString(),
        "bytes" => value is byte[] bytes && Convert.ToHexStringLower(bytes) == expected.GetProperty("hex").GetString(),
        "device" => value is TorchDevice device && device.Name == expected.GetProperty("value").GetString(),
        "dtype" => value is PickleGlobal { Module: "torch" } dtype && dtype.Name == expected.GetProperty("value").GetString(),
        _ => false,
    };

    private void Items(JsonElement expected, IReadOnlyList<object?> values, string where)
    {
        JsonElement[] flat = [.. expected.EnumerateArray().SelectMany(i => i.ValueKind == JsonValueKind.Array ? [.. i.EnumerateArray()] : new[] { i })];
        Assert.True(flat.Length == values.Count, $"{where}: expected {flat.Length} values, got {values.Count}");
        for (var i = 0; i < flat.Length; i++) Compare(flat[i], values[i], $"{where}[{i}]");
    }

    private void Compare(JsonElement expected, TorchTensor tensor, string where)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(Longs(expected, "shape"), tensor.Sizes);
        Assert.Equal(Longs(expected, "stride"), tensor.Strides);
        Assert.Equal(expected.GetProperty("storage_offset").GetInt64(), tensor.Offset);
        Assert.Equal(expected.GetProperty("storage_bytes").GetInt64(), tensor.Storage.Bytes);
        Assert.Equal(expected.GetProperty("requires_grad").GetBoolean(), tensor.RequiresGrad);
        Assert.Equal(expected.GetProperty("parameter").GetBoolean(), tensor.IsParameter);
        var number = expected.GetProperty("storage").GetInt32();
        Assert.Same(storages.TryAdd(number, tensor.Storage) ? tensor.Storage : storages[number], tensor.Storage);
        Assert.Single(storages, s => ReferenceEquals(s.Value, tensor.Storage));
        Tensor got = file.Read(tensor), saved = twin!.Read(expected.GetProperty("name").GetString()!);
        Assert.Equal(tensor.Sizes, got.shape);
        Assert.Equal(saved.dtype, got.dtype);
        Assert.True(got.bytes.SequenceEqual(saved.bytes), $"{where}: other numbers");
    }

    // Described by a rule instead of item by item: tensor i is t0[i % 60 .. i % 60 + 3], both included.
    private void Many(JsonElement expected, PickleDictionary dictionary)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.GetProperty("count").GetInt32(), dictionary.Items.Count);
        Assert.Contains("key i is block.{i/10}.p{i%10}.weight = t0[i%60 .. i%60+3]", expected.GetProperty("note").GetString());
        var all = twin!.Read("t0");
        for (var i = 0; i < dictionary.Items.Count; i += i < 500 ? 1 : 97)
        {
            using var got = file.Read(Assert.IsType<TorchTensor>(dictionary.Items[i].Value));
            using var part = all.narrow(0, i % 60, 4);
            Assert.Equal($"block.{i / 10}.p{i % 10}.weight", dictionary.Items[i].Key);
            Assert.True(got.bytes.SequenceEqual(part.bytes));
        }
    }

    private static long[] Longs(JsonElement value, string name) => [.. value.GetProperty(name).EnumerateArray().Select(n => n.GetInt64())];
}
