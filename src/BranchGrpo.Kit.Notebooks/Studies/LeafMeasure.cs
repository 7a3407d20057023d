namespace BranchGrpo.Kit.Notebooks;

/// <summary>What is measured of the leaves of trees and of sequential rollouts.</summary>
public enum LeafMeasure
{
    /// <summary>Unbiased squared maximum mean discrepancy of the features with a Gaussian kernel whose width is the median distance of sequential
    /// rollouts. It takes every picture for an independent draw: leaves of one tree are alike, and that alone lifts it.</summary>
    Mmd,

    /// <summary>The same without pairs of one tree, and without the pairs in their place: unbiased whatever leaves of a tree have in common.</summary>
    MmdWithoutRelatives,

    /// <summary>Kernel distance of the features with k(x, y) = (x·y/D + 1)³, the mean over random subsets of both sets; what chance gives
    /// is that of the whole sets.</summary>
    Kid,

    /// <summary>Fréchet distance of the features. It is above 0 for equal laws, and more so the fewer independent draws a set holds: kinship lifts
    /// it far above its null level. With few trees (32 of 16 leaves) its p is a little too small.</summary>
    Frechet,

    /// <summary>The same of sets of one leaf per tree, mean over the places of the leaf: larger, since the sets are smaller, but with the null level
    /// of independent draws whatever leaves of a tree have in common.</summary>
    FrechetWithoutRelatives,

    /// <summary>Root mean square difference of two leaves of a tree, or of two sequential rollouts in their place; mean over pairs.</summary>
    PictureDistance,

    /// <summary>|x − y| of the unit feature vectors of two leaves of a tree; mean over pairs.</summary>
    FeatureDistance,

    /// <summary>Variance (n − 1) of an element of a picture inside a tree.</summary>
    PictureVariance,

    /// <summary>Variance (n − 1) of the unit feature vectors inside a tree, summed over elements.</summary>
    FeatureVariance,

    /// <summary>Variance (n − 1) of the reward inside a tree: what a group's advantages are made of.</summary>
    RewardVariance,

    /// <summary>Mean reward.</summary>
    Reward,
}
