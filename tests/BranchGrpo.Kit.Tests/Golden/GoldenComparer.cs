using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>Compares what came with what the reference says, and remembers the largest relative error of a file.</summary>
internal sealed class GoldenComparer(string file)
{
    private string where = "";

    public double Largest { get; private set; }

    public int Compared { get; private set; }

    /// <summary>What is being replayed, for messages.</summary>
    public void In(string place) => where = place;

    /// <summary>|got − expected| ≤ tolerance · max(1, scale), scale the largest expected entry; equal where not finite.</summary>
    public void Numbers(string field, IReadOnlyList<double> expected, IReadOnlyList<double> got, double tolerance = 1e-10, double floor = 1)
    {
        if (expected.Count != got.Count) throw Differs(field, $"{expected.Count} numbers", $"{got.Count} numbers", 0);
        var scale = Math.Max(floor, expected.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max());
        for (var i = 0; i < expected.Count; i++)
        {
            Compared++;
            if (expected[i].Equals(got[i])) continue;
            var error = Math.Abs(expected[i] - got[i]) / scale;
            if (!(error <= tolerance)) throw Differs($"{field}[{i}]", $"{expected[i]:R}", $"{got[i]:R}", error);
            Largest = Math.Max(Largest, error);
        }
    }

    public void Number(string field, double expected, double got, double tolerance = 1e-10) => Numbers(field, [expected], [got], tolerance);

    public void Tensor(string field, double[] expected, Tensor got, double tolerance = 1e-10)
    {
        using var flat = got.detach().to(float64).cpu().contiguous();
        Numbers(field, expected, flat.data<double>().ToArray(), tolerance);
    }

    public void Same<T>(string field, T expected, T got)
    {
        Compared++;
        if (!EqualityComparer<T>.Default.Equals(expected, got)) throw Differs(field, $"{expected}", $"{got}", double.NaN);
    }

    public void Sequence<T>(string field, IEnumerable<T> expected, IEnumerable<T> got) => Same(field, string.Join(' ', expected), string.Join(' ', got));

    /// <summary>Asserts that the kit departs from a published behaviour.</summary>
    public void Departs(string bug, bool holds)
    {
        Compared++;
        if (!holds)
            throw new Xunit.Sdk.XunitException($"{file}, {where}: the kit was expected to depart from the published behaviour \"{bug}\", but does not.");
    }

    private Xunit.Sdk.XunitException Differs(string field, string expected, string got, double error) =>
        new($"{file}, {where}, {field}: expected {expected}, got {got} (relative error {error:0.0e0}).");
}
