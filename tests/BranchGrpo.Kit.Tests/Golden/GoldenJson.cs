using System.Globalization;
using System.Text.Json;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>Reads the encoding of the reference files: tensors as {shape, data}, non-finite numbers as strings, null for absent.</summary>
internal static class GoldenJson
{
    public static double Number(this JsonElement element) => element.ValueKind == JsonValueKind.String
        ? double.Parse(element.GetString()!, CultureInfo.InvariantCulture) : element.GetDouble();

    public static bool Has(this JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    public static JsonElement At(this JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value
        : throw new KeyNotFoundException($"field \"{name}\" is missing; there are {string.Join(", ", element.EnumerateObject().Select(p => p.Name))}");

    public static double Number(this JsonElement element, string name) => element.At(name).Number();

    public static double Number(this JsonElement element, string name, double absent) => element.Has(name) ? element.At(name).Number() : absent;

    public static int Int(this JsonElement element, string name) => element.At(name).GetInt32();

    public static int Int(this JsonElement element, string name, int absent) => element.Has(name) ? element.At(name).GetInt32() : absent;

    public static bool Flag(this JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    public static string? Text(this JsonElement element, string name) => element.Has(name) ? element.At(name).GetString() : null;

    public static JsonElement[] List(this JsonElement element, string name) => [.. element.At(name).EnumerateArray()];

    /// <summary>Numbers of a list or of a tensor, row-major.</summary>
    public static double[] Numbers(this JsonElement element, string name) => element.At(name).Numbers();

    public static double[] Numbers(this JsonElement element) =>
        [.. (element.ValueKind == JsonValueKind.Object ? element.At("data") : element).EnumerateArray().Select(Number)];

    public static int[] Ints(this JsonElement element, string name) => [.. element.At(name).EnumerateArray().Select(e => e.GetInt32())];

    public static long[] Shape(this JsonElement element) => [.. element.At("shape").EnumerateArray().Select(e => e.GetInt64())];

    /// <summary>A tensor; a plain list needs the shape.</summary>
    public static Tensor Tensor(this JsonElement element, long[]? shape = null, ScalarType dtype = ScalarType.Float64) =>
        tensor(element.Numbers(), dtype: ScalarType.Float64).reshape(shape ?? element.Shape()).to(dtype);
}
