namespace BranchGrpo.Kit.Notebooks;

/// <summary>How large a comparison of leaves is.</summary>
public sealed record LeafOptions
{
    /// <summary>Leaves of each set, rounded to whole trees. The published comparison has 4096.</summary>
    public int Samples { get; init => field = Require.AtLeast(value, 4); } = 2048;

    /// <summary>Seed of all noise, and of windows and splits drawn at random.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Random exchanges of whole trees; the least p-value is 1/(swaps + 1).</summary>
    public int Swaps { get; init => field = Require.AtLeast(value, 19); } = 199;

    /// <summary>Random subsets of the kernel distance.</summary>
    public int Subsets { get; init => field = Require.AtLeast(value, 2); } = 100;

    /// <summary>Members of each subset, but at most half of a set.</summary>
    public int SubsetSize { get; init => field = Require.AtLeast(value, 2); } = 1000;
}
