using System.Collections.Immutable;

namespace BranchGrpo.Kit;

/// <summary>Which steps split, and how many ways, in an iteration.</summary>
public abstract record SplitRule
{
    private SplitRule() { }

    /// <summary>Branch factor of each step (1 = no split).</summary>
    /// <param name="stochastic">The steps that are stochastic for other reasons.</param>
    /// <param name="iteration">Counted from 1.</param>
    /// <param name="seed">Seed of the run.</param>
    internal abstract int[] Branches(bool[] stochastic, int iteration, ulong seed);

    /// <summary>No step splits: a forest of chains.</summary>
    public sealed record None : SplitRule
    {
        internal override int[] Branches(bool[] stochastic, int iteration, ulong seed) => Unsplit(stochastic.Length);
    }

    /// <summary>The same steps in every iteration.</summary>
    public sealed record Fixed : SplitRule
    {
        /// <summary>K-way splits at the given steps.</summary>
        /// <param name="branches">K ≥ 2.</param>
        /// <param name="steps">Steps from 0; their order and repetition do not matter.</param>
        public Fixed(int branches, params ReadOnlySpan<int> steps) =>
            Splits = [.. steps.ToArray().Distinct().Order().Select(s => (Require.AtLeast(s, 0), Require.AtLeast(branches, 2)))];

        /// <summary>Splits with a branch factor each.</summary>
        /// <param name="splits">Step and branch factor.</param>
        public Fixed(params ReadOnlySpan<(int Step, int Branches)> splits) =>
            Splits = [.. splits.ToArray().OrderBy(s => s.Step).Select(s => (Require.AtLeast(s.Step, 0), Require.AtLeast(s.Branches, 2)))];

        /// <summary>Step and branch factor, by step.</summary>
        public ImmutableArray<(int Step, int Branches)> Splits { get; }

        /// <inheritdoc/>
        public bool Equals(Fixed? other) => other is not null && Splits.SequenceEqual(other.Splits);

        /// <inheritdoc/>
        public override int GetHashCode() => Splits.Aggregate(0, HashCode.Combine);

        /// <summary>E.g. "0×2 3×2".</summary>
        public override string ToString() => string.Join(' ', Splits.Select(s => $"{s.Step}×{s.Branches}"));

        internal override int[] Branches(bool[] stochastic, int iteration, ulong seed)
        {
            var branches = Unsplit(stochastic.Length);
            foreach (var (step, k) in Splits)
                branches[step < branches.Length ? step : throw new ArgumentException($"A split at step {step} needs more than {branches.Length} steps.")] = k;
            return branches;
        }
    }

    /// <summary>Split steps drawn anew each iteration, without repetition, from steps 0 … Steps − 1.</summary>
    /// <param name="Count">Number of splits, at least 1.</param>
    /// <param name="K">Branch factor, at least 2.</param>
    /// <param name="Steps">The splits lie before this step.</param>
    public sealed record Random(int Count, int K, int Steps) : SplitRule
    {
        /// <summary>Number of splits.</summary>
        public int Count { get; init => field = Require.AtLeast(value, 1); } = Require.AtLeast(Count, 1);

        /// <summary>Branch factor.</summary>
        public int K { get; init => field = Require.AtLeast(value, 2); } = Require.AtLeast(K, 2);

        internal override int[] Branches(bool[] stochastic, int iteration, ulong seed)
        {
            var branches = Unsplit(stochastic.Length);
            if (Count > Steps || Steps > branches.Length)
                throw new ArgumentException($"{Count} splits among the first {Steps} of {branches.Length} steps are impossible; "
                    + "use fewer splits or more steps.");
            foreach (var step in SeededNoise.Permutation(Steps, seed, (ulong)iteration, 0x5B17).Take(Count)) branches[step] = K;
            return branches;
        }
    }

    /// <summary>One K-way split at the first stochastic step: a star whose trunk is shared, with the law of K chains that share their initial
    /// noise.</summary>
    /// <param name="K">Branch factor, at least 2.</param>
    public sealed record AtFirstStochasticStep(int K) : SplitRule
    {
        /// <summary>Branch factor.</summary>
        public int K { get; init => field = Require.AtLeast(value, 2); } = Require.AtLeast(K, 2);

        internal override int[] Branches(bool[] stochastic, int iteration, ulong seed)
        {
            var (branches, first) = (Unsplit(stochastic.Length), Array.IndexOf(stochastic, true));
            branches[first >= 0 ? first : throw new ArgumentException("A star needs a stochastic step to split at.")] = K;
            return branches;
        }
    }

    /// <summary>A K-way split at every stochastic step: a full tree inside a window, as TreeGRPO grows it.</summary>
    /// <param name="K">Branch factor, at least 2.</param>
    public sealed record AtStochasticSteps(int K) : SplitRule
    {
        /// <summary>Branch factor.</summary>
        public int K { get; init => field = Require.AtLeast(value, 2); } = Require.AtLeast(K, 2);

        internal override int[] Branches(bool[] stochastic, int iteration, ulong seed) => [.. stochastic.Select(noisy => noisy ? K : 1)];
    }

    private static int[] Unsplit(int steps) => [.. Enumerable.Repeat(1, steps)];
}
