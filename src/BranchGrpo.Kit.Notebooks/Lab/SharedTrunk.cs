namespace BranchGrpo.Kit.Notebooks;

/// <summary>Noise that lets many trees of one prompt start as one: equal down to a depth, independent below it.</summary>
public static class SharedTrunk
{
    /// <summary>A source whose draws down to a depth do not depend on which tree asks: many trees are then many looks at what can follow one
    /// node.</summary>
    /// <param name="depth">Depth of the node that all trees share; 0 shares the initial noise alone.</param>
    /// <param name="trunk">Seed down to the depth.</param>
    /// <param name="seed">Seed below it.</param>
    public static NoiseSource To(int depth, ulong trunk, ulong seed)
    {
        var (above, below) = (SeededNoise.For(trunk, 0), SeededNoise.For(seed, 1));
        return (key, shape) =>
        {
            // Siblings' shared noise is filed under their parent, whose own edge lies one depth higher.
            var isAbove = key.Purpose == NoisePurpose.Shared ? key.Depth < depth : key.Depth <= depth;
            return isAbove ? above(key with { Prompt = 0 }, shape) : below(key, shape);
        };
    }
}
