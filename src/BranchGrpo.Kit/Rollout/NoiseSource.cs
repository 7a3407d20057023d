using static TorchSharp.torch;

namespace BranchGrpo.Kit;

/// <summary>What a draw is for.</summary>
public enum NoisePurpose
{
    /// <summary>Initial noise of a root.</summary>
    Root,

    /// <summary>Noise of the edge into a node.</summary>
    Own,

    /// <summary>Noise that the children of a node share.</summary>
    Shared,
}

/// <summary>The address of one draw.</summary>
/// <param name="Prompt">Position of the prompt in its iteration.</param>
/// <param name="Depth">Depth of the node.</param>
/// <param name="Node">Position of the node among the nodes of its prompt and depth.</param>
/// <param name="Purpose">What the draw is for.</param>
public readonly record struct NoiseKey(int Prompt, int Depth, int Node, NoisePurpose Purpose);

/// <summary>Draws standard normal noise for an address; the same address gives the same noise.</summary>
/// <param name="key">Where in the tree the noise goes.</param>
/// <param name="shape">Shape of one latent.</param>
/// <returns>A CPU tensor of that shape, owned by the caller.</returns>
public delegate Tensor NoiseSource(NoiseKey key, long[] shape);

/// <summary>Randomness as a value: every number is a function of (seed, iteration, address), whatever the micro-batch and however often a run was
/// interrupted.</summary>
public static class SeededNoise
{
    /// <summary>A noise source for one iteration. Noise is made on the CPU, so that every device sees the same.</summary>
    public static NoiseSource For(ulong seed, int iteration) => (key, shape) =>
    {
        using var generator = new Generator(Hash(seed, (ulong)iteration, (ulong)key.Purpose, (ulong)key.Prompt, (ulong)key.Depth, (ulong)key.Node) >> 1);
        return randn(shape, generator: generator);
    };

    /// <summary>2⁶⁴ divided by the golden ratio: the increment of SplitMix64.</summary>
    internal const ulong Golden = 0x9E3779B97F4A7C15UL;

    /// <summary>The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection that scatters neighbouring numbers.</summary>
    internal static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>A well mixed 64-bit number from several (SplitMix64 over the words).</summary>
    public static ulong Hash(params ReadOnlySpan<ulong> words)
    {
        var state = Golden;
        foreach (var word in words)
        {
            state = Mix((state ^ word) + Golden);
        }
        return state;
    }

    /// <summary>A permutation of 0 … count − 1 that depends on the words alone.</summary>
    public static int[] Permutation(int count, params ReadOnlySpan<ulong> words)
    {
        var seed = Hash(words);
        var order = Enumerable.Range(0, count).ToArray();
        for (var i = count - 1; i > 0; i--)
        {
            var j = (int)(Hash(seed, (ulong)i) % (ulong)(i + 1));
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }
}
