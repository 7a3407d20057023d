namespace BranchGrpo.Kit.Notebooks;

/// <summary>What the colour of a node means.</summary>
public enum TreeColour
{
    /// <summary>Value of the node, from dark (low) to light (high).</summary>
    Reward,

    /// <summary>Advantage of the edge into the node, blue below zero and red above.</summary>
    Advantage,
}
