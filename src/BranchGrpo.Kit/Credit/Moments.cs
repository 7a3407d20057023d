namespace BranchGrpo.Kit;

/// <summary>Count, mean and spread of a few numbers.</summary>
/// <param name="Count">n.</param>
/// <param name="Mean">Mean; 0 for none.</param>
/// <param name="Squares">Σ(x − mean)².</param>
internal readonly record struct Moments(int Count, double Mean, double Squares)
{
    public static Moments Of(ReadOnlySpan<double> values)
    {
        if (values.IsEmpty) return default;
        var (mean, squares) = (0.0, 0.0);
        foreach (var x in values) mean += x;
        mean /= values.Length;
        foreach (var x in values) squares += (x - mean) * (x - mean);
        return new(values.Length, mean, squares);
    }

    public double Variance(Deviation deviation) =>
        Count < 2 ? 0 : Squares / (deviation == Deviation.Sample ? Count - 1 : Count);
}
