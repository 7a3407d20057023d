using System.Text.Json;
using BranchGrpo.Kit.Models.Metrics;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Metrics;

public sealed class SetDistanceFixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string> Folders => Fixtures.Cases("metrics");

    [FixtureTheory]
    [MemberData(nameof(Folders))]
    public void Distances_equal_the_reference(string name)
    {
        using var fixture = new FixtureCase(name, output);
        var tolerance = fixture.Case.GetProperty("tolerance").GetDouble();
        foreach (var entry in fixture.Case.GetProperty("cases").EnumerateObject())
        {
            using var scope = NewDisposeScope();
            Tensor first = Rows(entry.Value.GetProperty("first")), second = Rows(entry.Value.GetProperty("second"));
            foreach (var metric in entry.Value.GetProperty("expected").EnumerateObject())
                foreach (var (key, expected, got, allowed) in Compare(metric, first, second, tolerance))
                    fixture.Note($"{metric.Name}.{entry.Name}.{key}", Math.Abs(expected - got) / Math.Max(Math.Abs(expected), 1e-300), allowed);
        }
        fixture.Done();
    }

    private static IEnumerable<(string, double Expected, double Got, double Tolerance)> Compare(
        JsonProperty metric, Tensor first, Tensor second, double tolerance)
    {
        var expected = metric.Value;
        switch (metric.Name)
        {
            case "frechet":
                var distance = FrechetDistance.Between(first, second);
                var few = Math.Min(first.shape[0], second.shape[0]) <= first.shape[1];
                if (!few) yield return ("scipy_sqrtm", Number(expected, "scipy_sqrtm"), distance.Value, tolerance);
                yield return ("symmetric_eigenvalues", Number(expected, "symmetric_eigenvalues"), distance.Value, few ? 1e-6 : tolerance);
                yield return ("mean_term", Number(expected, "mean_term"), distance.MeanTerm, tolerance);
                yield return ("trace_first", Number(expected, "trace_first"), distance.TraceFirst, tolerance);
                yield return ("trace_second", Number(expected, "trace_second"), distance.TraceSecond, tolerance);
                yield return ("trace_root", Number(expected, "trace_root"), distance.TraceRoot, few ? 1e-6 : tolerance);
                break;
            case "kid_polynomial":
                var kid = KernelDistance.Polynomial(first, second);
                yield return ("unbiased_all", Number(expected, "unbiased_all"), kid.Unbiased, tolerance);
                if (expected.TryGetProperty("biased_all", out var biased)) yield return ("biased_all", biased.GetDouble(), kid.Biased, tolerance);
                if (!expected.TryGetProperty("subsets", out var subsets)) break;
                var values = KernelDistance.PolynomialOnSubsets(first, second, Lists(subsets, "first").Zip(Lists(subsets, "second")));
                for (var i = 0; i < values.Length; i++) yield return ($"subset {i}", subsets.GetProperty("values")[i].GetDouble(), values[i], tolerance);
                yield return ("mean", Number(subsets, "mean"), values.Average(), tolerance);
                yield return ("std", Number(subsets, "std_population"), Math.Sqrt(values.Average(v => Math.Pow(v - values.Average(), 2))), tolerance);
                break;
            case "rbf":
                foreach (var one in expected.EnumerateArray())
                {
                    var sigma = Number(one, "sigma");
                    var rule = one.GetProperty("rule").GetString()!;
                    if (rule.StartsWith("median", StringComparison.Ordinal))
                        yield return ("median", sigma, KernelDistance.MedianDistance(first, second), tolerance);
                    if (rule.StartsWith("sqrt", StringComparison.Ordinal)) yield return ("sqrt", sigma, Math.Sqrt(first.shape[1]), tolerance);
                    var rbf = KernelDistance.Gaussian(first, second, sigma);
                    yield return ($"{sigma}.unbiased", Number(one, "unbiased"), rbf.Unbiased, tolerance);
                    yield return ($"{sigma}.biased", Number(one, "biased"), rbf.Biased, tolerance);
                }
                break;
            case "rbf_unit_vectors_sigma10_times1000_biased":
                yield return ("cmmd", expected.GetDouble(), KernelDistance.Cmmd(first, second), tolerance);
                break;
            case "mean_pairwise_cosine_distance":
                yield return ("first", Number(expected, "first"), Diversity.MeanCosineDistance(first), tolerance);
                yield return ("second", Number(expected, "second"), Diversity.MeanCosineDistance(second), tolerance);
                break;
            default:
                throw new InvalidDataException($"no metric {metric.Name}");
        }
    }

    private static double Number(JsonElement of, string key) => of.GetProperty(key).GetDouble();

    private static IEnumerable<long[]> Lists(JsonElement of, string key) =>
        of.GetProperty(key).EnumerateArray().Select(list => list.EnumerateArray().Select(v => v.GetInt64()).ToArray());

    private static Tensor Rows(JsonElement rows)
    {
        double[][] values = [.. rows.EnumerateArray().Select(row => row.EnumerateArray().Select(v => v.GetDouble()).ToArray())];
        return tensor(values.SelectMany(v => v).ToArray(), [values.Length, values[0].Length]);
    }
}
