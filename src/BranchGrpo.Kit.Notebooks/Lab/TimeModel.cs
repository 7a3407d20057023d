namespace BranchGrpo.Kit.Notebooks;

/// <summary>Seconds of an iteration from counts alone: a·(rollout evaluations) + b·(trained evaluations or edges).</summary>
/// <param name="PerRollout">a, seconds per unit of rollout.</param>
/// <param name="PerTrained">b, seconds per unit of training, forward and backward.</param>
public sealed record TimeModel(double PerRollout, double PerTrained)
{
    /// <summary>The constants with the least sum of squared relative errors, Σ((a·x + b·y)/t − 1)².</summary>
    /// <param name="measured">Counts in any unit (totals or per sample) and seconds; at least two that are not proportional.</param>
    /// <exception cref="ArgumentException">The counts do not tell the two constants apart, or a time is not positive.</exception>
    public static TimeModel Fit(IReadOnlyList<(double Rollout, double Trained, double Seconds)> measured)
    {
        if (measured.Any(m => !(m.Seconds > 0))) throw new ArgumentException("Every time must be positive.", nameof(measured));
        var rows = measured.Select(m => (X: m.Rollout / m.Seconds, Y: m.Trained / m.Seconds)).ToArray();
        var (xx, xy, yy) = (rows.Sum(r => r.X * r.X), rows.Sum(r => r.X * r.Y), rows.Sum(r => r.Y * r.Y));
        var (x, y, determinant) = (rows.Sum(r => r.X), rows.Sum(r => r.Y), xx * yy - xy * xy);
        return determinant > 1e-12 * xx * yy
            ? new((x * yy - y * xy) / determinant, (y * xx - x * xy) / determinant)
            : throw new ArgumentException("Two constants need times of at least two mixtures of rollout and training.", nameof(measured));
    }

    /// <summary>Seconds of an iteration.</summary>
    /// <param name="rollout">In the unit of the fit.</param>
    /// <param name="trained">In the unit of the fit.</param>
    public double Predict(double rollout, double trained) => PerRollout * rollout + PerTrained * trained;
}
