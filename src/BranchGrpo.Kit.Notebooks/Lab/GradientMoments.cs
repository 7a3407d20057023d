namespace BranchGrpo.Kit.Notebooks;

/// <summary>What is needed of n gradients g_1 … g_n to tell signal from noise.</summary>
/// <param name="Count">n.</param>
/// <param name="SquaredSum">‖g_1 + … + g_n‖².</param>
/// <param name="Squares">‖g_1‖² + … + ‖g_n‖².</param>
/// <remarks>With independent draws of one estimator: E‖g‖² = ‖E g‖² + tr Cov g, and g_i·g_j, i ≠ j, is an unbiased estimate of ‖E
/// g‖².</remarks>
internal readonly record struct GradientMoments(int Count, double SquaredSum, double Squares)
{
    /// <summary>Mean of ‖g‖².</summary>
    public double MeanSquaredNorm => Squares / Count;

    /// <summary>‖E g‖², estimated as the mean of g_i·g_j over i ≠ j. NaN for one gradient.</summary>
    public double Signal => Count < 2 ? double.NaN : (SquaredSum - Squares) / ((double)Count * (Count - 1));

    /// <summary>tr Cov g, with n − 1.</summary>
    public double Variance => MeanSquaredNorm - Signal;

    /// <summary>‖E g‖² / tr Cov g.</summary>
    public double SignalToNoise => Signal / Variance;
}
