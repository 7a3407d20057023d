namespace BranchGrpo.Kit.Notebooks;

/// <summary>What runs say of a published claim.</summary>
public enum Judgement
{
    /// <summary>The whole interval lies on the claim's side of its bound.</summary>
    Held,

    /// <summary>The whole interval lies on the other side.</summary>
    NotHeld,

    /// <summary>The interval reaches across the bound, or there are too few runs for one.</summary>
    Undecided,
}
