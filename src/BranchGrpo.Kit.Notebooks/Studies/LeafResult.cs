using System.Collections.Immutable;
using System.Globalization;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>What a study found of one variant.</summary>
public sealed class LeafResult
{
    /// <summary>A result; its parts are checked.</summary>
    /// <param name="name">Of the variant.</param>
    /// <param name="trees">Number of trees.</param>
    /// <param name="leavesPerTree">L.</param>
    /// <param name="quantities">Each measure once.</param>
    /// <param name="seconds">That drawing and measuring took.</param>
    public LeafResult(string name, int trees, int leavesPerTree, IEnumerable<LeafQuantity> quantities, double seconds = 0)
    {
        (Name, Trees, LeavesPerTree, Seconds, Quantities) = (name, trees, leavesPerTree, seconds, [.. quantities.OrderBy(q => q.Measure)]);
        if (!Quantities.Select(q => q.Measure).SequenceEqual(Enum.GetValues<LeafMeasure>()))
            throw new ArgumentException($"expected each of {string.Join(", ", Enum.GetNames<LeafMeasure>())} once, got "
                + $"{string.Join(", ", Quantities.Select(q => q.Measure))}", nameof(quantities));
    }

    /// <summary>Name of the variant.</summary>
    public string Name { get; }

    /// <summary>Number of trees.</summary>
    public int Trees { get; }

    /// <summary>Leaves of each, L.</summary>
    public int LeavesPerTree { get; }

    /// <summary>Seconds that drawing and measuring took.</summary>
    public double Seconds { get; }

    /// <summary>All measures, in their order.</summary>
    public ImmutableArray<LeafQuantity> Quantities { get; }

    /// <summary>One measure.</summary>
    public LeafQuantity this[LeafMeasure measure] => Quantities[(int)measure];

    /// <summary>Share of the variance within a prompt that is found inside a tree: 1 − ρ, where ρ is the mean correlation of two of its leaves.
    /// 1 for sequential rollouts, 0 where all leaves are equal. Where leaves have another law than sequential rollouts, it compares two laws.</summary>
    /// <param name="measure">A variance.</param>
    public double ShareInside(LeafMeasure measure = LeafMeasure.FeatureVariance) => this[measure].Share;

    /// <summary>Sequential rollouts whose mean knows as much as that of a tree's L leaves: L/(1 + (L − 1)ρ).</summary>
    /// <param name="measure">The variance that ρ is taken from.</param>
    public double WorthOfTree(LeafMeasure measure = LeafMeasure.FeatureVariance) =>
        LeavesPerTree / Math.Max(1 + (LeavesPerTree - 1) * (1 - ShareInside(measure)), double.Epsilon);

    /// <summary>E.g. "BranchGRPO: MMD² 0.0021 (two sequential sets 0.0001, p = 0.410), …".</summary>
    public override string ToString()
    {
        var mmd = this[LeafMeasure.Mmd];
        return string.Create(CultureInfo.InvariantCulture,
                $"{Name}: MMD² {mmd.Value:0.0000} (two sequential sets {mmd.Sequential:0.0000}, p = {mmd.PValue:0.000}), ")
            + string.Create(CultureInfo.InvariantCulture,
                $"{ShareInside():P0} of the variance inside a tree, whose {LeavesPerTree} leaves are worth {WorthOfTree():0.0}");
    }
}
