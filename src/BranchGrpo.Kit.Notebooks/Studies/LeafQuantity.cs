namespace BranchGrpo.Kit.Notebooks;

/// <summary>One measure of trees against sequential rollouts, with what chance gives when trees stay whole.</summary>
/// <param name="Measure">What is measured.</param>
/// <param name="Value">Of a distance: between leaves and sequential rollouts. Otherwise: of the leaves.</param>
/// <param name="Sequential">Of a distance: between two sets of sequential rollouts, its null level. Otherwise: of the sequential rollouts.</param>
/// <param name="Low">From here …</param>
/// <param name="High">… to here lie 95 % of the values that chance gives: whole trees change sides with the sequential rollouts in their place, each
/// with probability ½.</param>
/// <param name="PValue">Share of such swaps that give a distance at least as large, or a difference at least as far from 0, the truth counted among
/// them.</param>
/// <param name="Deviation">Of <see cref="LeafMeasure.Kid"/>: standard deviation over subsets, as it is published; it is no standard error. Otherwise
/// null.</param>
public sealed record LeafQuantity(
    LeafMeasure Measure, double Value, double Sequential, double Low, double High, double PValue, double? Deviation = null)
{
    /// <summary>Value over that of sequential rollouts.</summary>
    public double Share => Value / Sequential;
}
